"""Means over the photos, with intervals, each method for itself and in pairs against the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from colorizer_cli.evaluation.bootstrap import interval, resampled_means
from colorizer_cli.evaluation.evaluate import Measured

OF_MEANS = "colourfulness_of_means_error"  # |mean M3 of the results − mean M3 of the truths|


@dataclass(frozen=True)
class Figure:
    """A mean over the photos and the ends of its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class MethodSummary:
    """figures  by measure
    against  by measure: this method's mean less the first one's, over the same photos; empty for the first itself
    """

    name: str
    figures: dict[str, Figure]
    against: dict[str, Figure]


def summarize(measured: Measured, seed: int = 0) -> tuple[list[MethodSummary], Figure]:
    """→ (a summary for each method, in order; the true photos' colourfulness)."""
    photos = len(measured.files)
    true = measured.true_colourfulness
    joined = np.concatenate([measured.figures.reshape(photos, -1), true[:, None]], axis=1)
    drawn = resampled_means(joined, seed)
    shape = measured.figures.shape[1:]
    means, true_mean = joined.mean(axis=0)[:-1].reshape(shape), float(true.mean())
    drawn_means, drawn_true = drawn[:, :-1].reshape(-1, *shape), drawn[:, -1]
    colourfulness = measured.measures.index("colourfulness")
    # both conventions of the difference are in use: of each photo, and of the means over all
    means = _with_column(means, np.abs(means[:, colourfulness] - true_mean))
    signed = drawn_means[..., colourfulness] - drawn_true[:, None]
    drawn_means = _with_column(drawn_means, np.abs(signed))
    names = [*measured.measures, OF_MEANS]
    low, high = interval(drawn_means, photos)
    low[:, -1], high[:, -1] = _of_magnitude(*interval(signed, photos))
    low_against, high_against = interval(drawn_means - drawn_means[:, :1], photos)
    summaries = [
        MethodSummary(
            method,
            {n: Figure(*_floats(means[m, i], low[m, i], high[m, i])) for i, n in enumerate(names)},
            {
                n: Figure(*_floats(means[m, i] - means[0, i], low_against[m, i], high_against[m, i]))
                for i, n in enumerate(names)
                if m
            },
        )
        for m, method in enumerate(measured.methods)
    ]
    low_true, high_true = interval(drawn_true, photos)
    return summaries, Figure(*_floats(true_mean, low_true, high_true))


def _of_magnitude(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The interval of a difference → that of its magnitude. Magnitudes of resampled differences that scatter about 0
    all lie above it, and their interval would leave out what is likeliest."""
    sides = np.sort(np.abs([low, high]), axis=0)
    return np.where((low <= 0) & (high >= 0), 0.0, sides[0]), sides[1]


def _with_column(array: np.ndarray, column: np.ndarray) -> np.ndarray:
    return np.concatenate([array, column[..., None]], axis=-1)


def _floats(*values: float | np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
