"""Intervals of means over photos, by drawing the photos again.

Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), the percentile interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RESAMPLES, CONFIDENCE = 5000, 0.95
BLOCK = 250  # resamples at a time: the counts of 100,000 photos stay within 200 MB
Floats = NDArray[np.float64]


def resampled_means(figures: Floats, seed: int = 0) -> Floats:
    """(photos, …) figures → (5000, …): their means over as many photos, drawn with repetition.

    Figures of one photo stay together, so differences of columns are paired.
    """
    count = len(figures)
    flat = figures.reshape(count, -1)
    rng = np.random.default_rng(seed)
    even = np.full(count, 1 / count)
    means = [rng.multinomial(count, even, BLOCK) @ flat / count for _ in range(RESAMPLES // BLOCK)]
    return np.concatenate(means).reshape(-1, *figures.shape[1:])


def interval(means: Floats) -> tuple[Floats, Floats]:
    """(5000, …) resampled means → the (…) ends of their 95 % percentile interval."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    return low, high
