"""Out-of-gamut colours: desaturated along their hue at constant lightness, never clipped.

The lightness is the original's and is never given up: a colour that sRGB cannot show at this lightness gets less
chroma, at the same hue angle. Works in CIELAB's compressed units (f of CIE 15:2004), where fy = (L + 16) / 116,
fx = fy + a / 500 and fz = fy − b / 200.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import DELTA, RELATIVE_XYZ_TO_RGB, TOE_SLOPE

Plane = NDArray[np.float32]

TOLERANCE = 3e-5  # linear light; clipped afterwards, which moves L* by at most 0.02
HALVINGS = 8  # chroma to 1/256 of itself
# Linear RGB is luminance plus this times (X − Y, Z − Y): a gray stays exactly gray.
DIFFERENCES_TO_RGB = RELATIVE_XYZ_TO_RGB[:, [0, 2]]
_MATRIX = np.column_stack([np.ones(3), DIFFERENCES_TO_RGB]).astype(np.float32)
_LOW, _HIGH = (-TOLERANCE,) * 3, (1 + TOLERANCE,) * 3


def desaturate(fy: Plane, luminance: Plane, fx: Plane, fz: Plane) -> Plane:
    """(N,) planes of out-of-gamut colours → (N, 3) linear RGB: the most saturated of that hue and lightness in sRGB.

    `luminance` is Y, 0…1, `fy` the same compressed; all float32. What comes out is within 3e-5 of 0…1. Halves its way
    to the largest t in 0…1 for which (fy, fy + t·(fx − fy), fy + t·(fz − fy)) is inside. (False position needs fewer
    steps on most pixels, and on a few near black gets nowhere: they would stay gray.)

    A strip has a few hundred such pixels: what counts is the number of calls, not of operations. Hence OpenCV's, and
    memory that is used again.
    """
    start = np.repeat(fy[:, None], 2, axis=1)
    way = np.stack([fx, fz], axis=1) - start
    search = _Search(luminance, start)
    inside = np.zeros((len(fy), 1), np.float32)
    step = 0.5
    for _ in range(HALVINGS):
        fits = cv2.inRange(search.linear_rgb(way * (inside + np.float32(step))), _LOW, _HIGH)
        inside += (fits != 0) * np.float32(step)
        step /= 2
    return search.linear_rgb(way * inside).reshape(-1, 3)


class _Search:
    """Y and fy of N pixels, and the memory that their colours are tried in."""

    def __init__(self, luminance: Plane, start: Plane) -> None:
        self._start = start
        self._bend = np.empty_like(start)
        self._luminance = luminance[:, None]
        self._joined = np.empty((len(start), 1, 3), np.float32)
        self._joined[:, 0, 0] = luminance
        self._rgb = np.empty_like(self._joined)

    def linear_rgb(self, difference: Plane) -> Plane:
        """(N, 2) fx − fy and fz − fy, overwritten → (N, 1, 3) linear RGB, in memory that the next call uses again."""
        difference += self._start
        expanded = self._expanded(difference)
        np.subtract(expanded, self._luminance, out=self._joined[:, 0, 1:])
        return np.asarray(cv2.transform(self._joined, _MATRIX, dst=self._rgb), np.float32)

    def _expanded(self, compressed: Plane) -> Plane:
        """`lab.expand`, in place."""
        bend = np.maximum(compressed, np.float32(DELTA), out=self._bend)
        compressed -= bend
        compressed *= np.float32(TOE_SLOPE)
        compressed += bend * bend * bend
        return compressed
