"""Are the tuned weights better? Measured on held-back photos, before and after, with a paired bootstrap interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.colourfulness import colourfulness
from colorizer_cli.color.difference import ciede2000
from colorizer_cli.color.lab import srgb_to_lab
from colorizer_cli.evaluation.bootstrap import interval, resampled_means
from colorizer_cli.training.cache import Photos
from colorizer_cli.training.rendering import Painter

MEASURES = ("ab_mse", "psnr", "ciede2000", "colourfulness")
HIGHEST_PSNR = 60.0  # dB: equal photos have none
Figures = NDArray[np.float64]  # (photos, measures)


@dataclass(frozen=True)
class Change:
    """One measure over the held-back photos: its mean before and after, and the 95 % interval of their difference."""

    measure: str
    before: float
    after: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """`outcome` goes by the a/b squared error alone: "better" or "worse" where the interval leaves out zero.

    ab_mse (vividness 0), psnr (dB), ciede2000 (mean over pixels) and colourfulness (Hasler–Süsstrunk; both at the
    weights' own vividness); `true_colourfulness` is the photos' own, `photos` their number.
    """

    changes: tuple[Change, ...]
    true_colourfulness: float
    photos: int

    @property
    def outcome(self) -> Literal["better", "worse", "no different"]:
        error = self.changes[0]
        return "better" if error.high < 0 else "worse" if error.low > 0 else "no different"


def measure(painter: Painter, photos: Photos, report: Callable[[int, int], None] = lambda done, total: None) -> Figures:
    """(photos, 4) ab_mse, psnr, ciede2000, colourfulness of each photo, coloured by `painter`."""
    figures = np.empty((len(photos), len(MEASURES)))
    for i in range(len(photos)):
        report(i, len(photos))
        truth = np.asarray(photos[i])
        expected, shown = painter.paint(truth)
        true_lab, expected_lab, shown_lab = (
            srgb_to_lab(rgb / np.float32(255)).astype(np.float64) for rgb in (truth, expected, shown)
        )
        noise = np.mean((shown.astype(np.float64) - truth) ** 2)
        figures[i] = (
            np.mean((expected_lab[..., 1:] - true_lab[..., 1:]) ** 2),
            10 * np.log10(255**2 / noise) if noise else HIGHEST_PSNR,
            ciede2000(true_lab, shown_lab).mean(),
            colourfulness(shown.astype(np.float64)),
        )
    report(len(photos), len(photos))
    return figures


def judge(before: Figures, after: Figures, photos: Photos, seed: int = 0) -> Verdict:
    """Compares the figures of the same photos; photos are drawn again, in pairs, to find the intervals."""
    low, high = interval(resampled_means(after - before, seed), len(after))
    changes = tuple(
        Change(name, float(before[:, m].mean()), float(after[:, m].mean()), float(low[m]), float(high[m]))
        for m, name in enumerate(MEASURES)
    )
    true = np.mean([colourfulness(np.asarray(photos[i], np.float64)) for i in range(len(photos))])
    return Verdict(changes, float(true), len(photos))


def tell(verdict: Verdict) -> list[Sequence[str]]:
    """Rows for a table: measure, before, after, 95 % interval of the change."""
    names = {
        "ab_mse": "a/b squared error",
        "psnr": "PSNR, dB",
        "ciede2000": "CIEDE2000",
        "colourfulness": f"colourfulness (true: {verdict.true_colourfulness:.1f})",
    }
    return [
        (names[c.measure], f"{c.before:.2f}", f"{c.after:.2f}", f"{c.low:+.2f} … {c.high:+.2f}")
        for c in verdict.changes
    ]
