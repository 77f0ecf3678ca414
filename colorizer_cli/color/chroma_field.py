"""Guided upsampling: coarse a/b → a field that colours the full-resolution photo along its own edges.

Source: He and Sun, "Fast Guided Filter" (2015). Around each cell of a coarse grid, a and b are fitted as linear
functions of L; the two coefficients of each are upsampled, and the full-resolution L decides where the colour changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.compiled import library
from colorizer_cli.color.native import NativeRenderer
from colorizer_cli.color.rendering import StripRenderer

Array = NDArray[np.float32]

RADIUS = 3  # cells of the coarse grid
EPSILON = 20.0  # L units²: contrasts well below √20 do not bend the colour


@dataclass(frozen=True)
class ChromaField:
    """fx = fy + a / 500 and fz = fy − b / 200 as linear functions of fy = (L + 16) / 116, on a coarse grid.

    coefficients (4, h, w) float32: slope and offset of fx, slope and offset of fz.
    """

    coefficients: Array

    @classmethod
    def fit(cls, lightness: Array, ab: Array, stride: int) -> ChromaField:
        """`lightness` (h, w) L 0…100 of the photo on the coarse grid; `ab` (2, ceil(h / stride), ceil(w / stride))."""
        height, width = lightness.shape
        covered = (ab.shape[2] * stride, ab.shape[1] * stride)  # a little more than the photo: the rest is cut off
        planes = [cv2.resize(plane, covered, interpolation=cv2.INTER_LINEAR)[:height, :width] for plane in ab]
        (slope_a, offset_a), (slope_b, offset_b) = (_linear_fit(lightness, np.asarray(plane)) for plane in planes)
        # a = slope·L + offset with L = 116·fy − 16
        x = (1 + slope_a * (116 / 500), (offset_a - 16 * slope_a) / 500)
        z = (1 + slope_b * (-116 / 200), (offset_b - 16 * slope_b) / -200)
        return cls(np.stack([*x, *z]).astype(np.float32))

    @classmethod
    def uniform(cls, a: float, b: float) -> ChromaField:
        """The same a and b everywhere: (4, 1, 1) coefficients, which broadcast."""
        return cls(np.array([1, a / 500, 1, -b / 200], np.float32)[:, None, None])

    def within(self, mask: Array, outside: ChromaField | None = None) -> ChromaField:
        """This field where `mask` ((h, w) float32, 0…1) is 1, and `outside` (None: neutral gray) where it is 0."""
        neutral = np.array([1, 0, 1, 0], np.float32)[:, None, None] if outside is None else outside.coefficients
        return ChromaField(neutral + mask * (self.coefficients - neutral))

    def renderer(self, width: int, height: int, bits: int) -> StripRenderer | NativeRenderer:
        """→ what colours a photo of that size, with results of 8 or 16 bits."""
        kind = StripRenderer if library() is None else NativeRenderer
        return kind(self.coefficients, width, height, bits)


def _linear_fit(guide: Array, values: Array) -> tuple[Array, Array]:
    def mean(plane: Array) -> Array:
        size = (2 * RADIUS + 1,) * 2
        return np.asarray(cv2.boxFilter(plane, -1, size, borderType=cv2.BORDER_REFLECT), np.float32)

    mean_guide, mean_values = mean(guide), mean(values)
    variance = mean(guide * guide) - mean_guide**2
    covariance = mean(guide * values) - mean_guide * mean_values
    slope = covariance / (variance + EPSILON)
    offset = mean_values - slope * mean_guide
    return mean(slope), mean(offset)
