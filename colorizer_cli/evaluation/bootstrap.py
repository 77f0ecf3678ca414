"""Intervals of means over photos, by drawing the photos again.

Sources: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), the percentile interval; Hesterberg, "What
Teachers Should Know About the Bootstrap" (2015), which expands it: the plain one is too narrow for few photos.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

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


def interval(means: Floats, count: int) -> tuple[Floats, Floats]:
    """(5000, …) resampled means over `count` photos → the (…) ends of their expanded 95 % percentile interval."""
    tail = _tail(count)
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    return low, high


def _tail(count: int) -> float:
    """The share of resampled means that is left out at either end: Φ(−t √(n / (n − 1)))."""
    normal, freedom = NormalDist(), count - 1
    z = normal.inv_cdf((1 + CONFIDENCE) / 2)
    # Student's t from z: Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    t = z + sum(term / freedom**power for power, term in enumerate(terms, start=1))
    return normal.cdf(-t * sqrt(count / freedom))
