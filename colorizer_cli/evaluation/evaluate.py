"""`colorize evaluate`: colour photos made gray, coloured by each method, and measured against themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from colorizer_cli.color.film import FILMS, developed
from colorizer_cli.errors import PhotoError, UsageError
from colorizer_cli.evaluation import perceptual
from colorizer_cli.evaluation.colour_photos import FEWEST, ColourPhotos
from colorizer_cli.evaluation.measures import LPIPS, MEASURES, Truth, measure
from colorizer_cli.evaluation.methods import MOST, Gray, Method

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Measured:
    """figures  (photos, methods, measures) float64; the last two are named by `methods` and `measures`
    files, true_colourfulness  of each photo
    film  how the photos were made gray
    skipped  how many photos were left out, by reason
    no_lpips  why LPIPS is not among the measures, if it is not
    """

    files: list[Path]
    methods: list[str]
    measures: list[str]
    figures: NDArray[np.float64]
    true_colourfulness: NDArray[np.float64]
    film: str
    skipped: dict[str, int]
    no_lpips: str | None


def evaluate(
    photos: ColourPhotos,
    methods: Sequence[Method],
    film: str = "luminance",
    report: Callable[[float], None] | None = None,
) -> Measured:
    """Measures every method on every photo. The same photos and methods give the same figures.

    Raises UsageError (unknown film), PhotoError (fewer than two usable photos).
    """
    if film not in FILMS:
        raise UsageError(f"--film {film}: expected one of {', '.join(FILMS)}")
    no_lpips = perceptual.missing()
    lpips = None if no_lpips else perceptual.load()
    files, figures, true = [], [], []
    for photo in photos.decoded(report):
        truth, gray = Truth(photo.pixels), gray_levels(photo.pixels, film)
        figures.append([measure(truth, method.paint(gray), lpips) for method in methods])
        true.append(truth.colourfulness)
        files.append(photo.file)
    if len(files) < FEWEST:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(photos.skipped.items()))
        raise PhotoError(f"{len(files)} usable colour photos, at least {FEWEST} needed; skipped: {reasons}")
    return Measured(
        files,
        [method.name for method in methods],
        [*MEASURES, *([] if no_lpips else [LPIPS])],
        np.asarray(figures, np.float64),
        np.asarray(true, np.float64),
        film,
        dict(sorted(photos.skipped.items())),
        no_lpips,
    )


def gray_levels(pixels: NDArray[np.uint8], film: str) -> Gray:
    """(H, W, 3) uint8 sRGB → (H, W) 16-bit gray as the film has it."""
    return np.round(developed(pixels, film) * MOST).astype(np.uint16)
