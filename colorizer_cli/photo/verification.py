"""Whether a result is its original with colour added, and nothing else changed. Streams: memory stays bounded.

Lightness is CIELAB's L* of each file's pixels, upright, read through its profile (CIE 15:2004).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.color.lab import LUMINANCE, compress, srgb_to_linear
from colorizer_cli.color.tone_curve import ToneCurve
from colorizer_cli.photo.failures import decoding
from colorizer_cli.photo.formats import LOSSY_FORMATS
from colorizer_cli.photo.photo import Photo

STEPS_PER_L = 1000  # of the histogram that percentiles are read from
LOSSLESS_8, LOSSLESS_16 = 0.5, 0.05
# What JPEG at quality 92 does at sharp edges; a change of tone or contrast shows in the mean long before
LOSSY, LOSSY_SHIFT = 6.0, 0.5
CHROMA = 1.0  # a result whose 99th percentile of chroma lies below is gray: it was not coloured


@dataclass(frozen=True)
class LightnessDifference:
    """|ΔL*| between original and result: its maximum, 99.9th percentile, and the mean of ΔL* with its sign. `alpha`:
    whether the alpha channels are equal. `chroma`: 99th percentile of the result's max − min of R, G, B, 0…255."""

    maximum: float
    percentile: float
    shift: float
    alpha: bool
    chroma: float


def bound(result: Photo, bits: int) -> tuple[float, float]:
    """What the result's format allows: (99.9th percentile of |ΔL*|, |mean ΔL*|)."""
    jpeg_in_tiff = result.layout is not None and result.layout.compression == 7
    if result.format in LOSSY_FORMATS or jpeg_in_tiff:
        return LOSSY, LOSSY_SHIFT
    limit = LOSSLESS_16 if bits == 16 else LOSSLESS_8
    return limit, limit


def compare_lightness(original: Photo, result: Photo, tone: ToneCurve | None = None) -> LightnessDifference:
    """Both of the same size; `tone` is the curve that the original went through. Raises PhotoError."""
    counts = np.zeros(100 * STEPS_PER_L + 2, np.int64)
    colours = np.zeros(256, np.int64)
    maximum, total, alpha = 0.0, 0.0, True
    for (before, alpha_before), (after, chroma, alpha_after) in zip(
        _gray_strips(original, tone), _colour_strips(result), strict=True
    ):
        difference = after - before
        distance = np.abs(difference)
        maximum = max(maximum, float(distance.max()))
        total += float(difference.sum(dtype=np.float64))
        steps = np.minimum((distance * STEPS_PER_L).astype(np.int32), len(counts) - 1)
        counts += np.bincount(steps.ravel(), minlength=len(counts))
        colours += np.bincount(chroma.ravel(), minlength=256)
        alpha = alpha and _same_alpha(alpha_before, alpha_after)
    pixels = int(counts.sum())
    return LightnessDifference(
        maximum=round(maximum, 4),
        percentile=round(min(_percentile(counts, 99.9) + 1, maximum * STEPS_PER_L) / STEPS_PER_L, 4),
        shift=round(total / pixels, 4),
        alpha=alpha,
        chroma=float(_percentile(colours, 99)),
    )


def _percentile(counts: NDArray[np.int64], share: float) -> int:
    return int(np.searchsorted(counts.cumsum(), counts.sum() * share / 100))


def _gray_strips(
    photo: Photo, tone: ToneCurve | None
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.integer] | None]]:
    for _, gray, alpha in photo.strips():
        levels = gray if tone is None else tone.table(8 * gray.itemsize)[gray]
        yield _lightness_table(8 * levels.itemsize)[levels], alpha


def _colour_strips(
    photo: Photo,
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.integer] | None]]:
    """(L*, R-G-B range, alpha) strip by strip, of the same rows as `Photo.strips` gives."""
    with decoding(photo.name):
        image = photo.open(True, 1)
        alpha = image[image.bands - 1] if image.hasalpha() else None
        image = image[0:3] if image.bands >= 3 else image[0].bandjoin([image[0], image[0]])
        if image.format not in ("uchar", "ushort"):  # float where a profile has been taken off
            image = image.colourspace("rgb16")
        if alpha is not None:
            image = image.bandjoin(_fitting_alpha(alpha, image.format))
        region = pyvips.Region.new(image)
    dtype = np.dtype(np.uint8 if image.format == "uchar" else np.uint16)
    linear = np.asarray(srgb_to_linear(np.linspace(0, 1, 2 ** (8 * dtype.itemsize))), np.float32)
    for top in range(0, photo.height, photo.strip_rows):
        rows = min(photo.strip_rows, photo.height - top)
        with decoding(photo.name):
            fetched = region.fetch(0, top, photo.width, rows)
        pixels = np.frombuffer(fetched, dtype).reshape(rows, photo.width, image.bands)
        rgb = pixels[..., :3]
        luminance = np.zeros(rgb.shape[:2], np.float32)
        for channel, weight in enumerate(LUMINANCE):
            luminance += np.float32(weight) * np.asarray(cv2.LUT(np.ascontiguousarray(rgb[..., channel]), linear))
        spread = ((rgb.max(axis=-1) - rgb.min(axis=-1)) >> (8 * dtype.itemsize - 8)).astype(np.uint8)
        yield 116 * compress(luminance) - 16, spread, None if alpha is None else pixels[..., 3]


def _fitting_alpha(alpha: pyvips.Image, form: str) -> pyvips.Image:
    return alpha if alpha.format == form else (alpha * 65535).rint().cast(form)


def _same_alpha(before: NDArray[np.integer] | None, after: NDArray[np.integer] | None) -> bool:
    if before is None or after is None:
        return before is after
    one, other = (plane.astype(np.int32) * (257 if plane.itemsize == 1 else 1) for plane in (before, after))
    return bool(np.abs(one - other).max() < 257)  # 8 bits may have been rounded from 16


@cache
def _lightness_table(bits: int) -> NDArray[np.float32]:
    gray = np.arange(2**bits) / (2**bits - 1)
    return np.asarray(116 * compress(srgb_to_linear(gray)) - 16, np.float32)
