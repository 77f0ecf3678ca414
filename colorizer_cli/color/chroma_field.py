"""Guided upsampling: coarse a/b → a field that colours the full-resolution photo along its own edges.

Source: He and Sun, "Fast Guided Filter" (2015). Around each cell of a coarse grid, a and b are fitted as linear
functions of L; the two coefficients of each are upsampled, and the full-resolution L decides where the colour changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.gamut import merge
from colorizer_cli.color.lab import compress, linear_to_srgb, srgb_to_linear

Array = NDArray[np.float32]
Integers = NDArray[np.integer]

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

    def renderer(self, width: int, height: int, bits: int) -> Callable[[Integers, int], Integers]:
        """→ render(gray, top): strips of a width × height photo, coloured.

        `gray` (rows, width) uint8 or uint16, sRGB-encoded over its full range; `top` its first row's number.
        → (rows, width, 3) sRGB of `bits` bits (8: uint8, 16: uint16). Thread-safe.
        """
        encode = _encoder(bits)

        def render(gray: Integers, top: int) -> Integers:
            compressed, luminance = _tables(8 * gray.itemsize)
            fx, offset_x, fz, offset_z = _upsample(self.coefficients, top, gray.shape[0], width, height)
            fy, y = np.asarray(cv2.LUT(gray, compressed)), np.asarray(cv2.LUT(gray, luminance))
            fx *= fy
            fx += offset_x
            fz *= fy
            fz += offset_z
            return encode(merge(fy, y, fx, fz))

        return render


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


def _upsample(field: Array, top: int, rows: int, width: int, height: int) -> Array:
    """(4, h, w) coarse planes → (4, rows, width): bilinear, for rows top…top+rows of a width × height photo.

    Down first, as one small matrix product, then across: the photo's full width is only ever held for one strip.
    """
    coarse = field.shape[1]
    centre = np.clip((np.arange(top, top + rows) + 0.5) * (coarse / height) - 0.5, 0, coarse - 1)
    lower = np.minimum(centre.astype(np.intp), max(coarse - 2, 0))
    way = (centre - lower).astype(np.float32)
    first, last = int(lower[0]), min(int(lower[-1]) + 2, coarse)
    weights = np.zeros((rows, last - first), np.float32)
    numbers = np.arange(rows)
    weights[numbers, lower - first] = 1 - way
    weights[numbers, np.minimum(lower + 1 - first, last - first - 1)] += way
    down = np.matmul(weights, field[:, first:last]).reshape(4 * rows, -1)
    across = cv2.resize(down, (width, 4 * rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(across, np.float32).reshape(4, rows, width)


@cache
def _tables(bits: int) -> tuple[Array, Array]:
    """Integers level → fy and Y, for every level of 8 or 16 bits."""
    gray = np.arange(2**bits) / (2**bits - 1)
    luminance = srgb_to_linear(gray)
    return compress(luminance).astype(np.float32), luminance.astype(np.float32)


def _encoder(bits: int) -> Callable[[Array], Integers]:
    """(rows, width, 3) linear RGB → sRGB-encoded integers; what lies outside 0…1 is clipped."""
    if bits == 8:
        # the darkest 8-bit levels lie 20 of these 16-bit steps apart: looked-up rounding is as good as exact
        table = np.round(linear_to_srgb(np.linspace(0, 1, 2**16)) * 255).astype(np.uint8)
        return lambda rgb: np.asarray(cv2.LUT(_to_16_bits(rgb), table))
    return lambda rgb: _to_16_bits(np.asarray(linear_to_srgb(rgb), np.float32))


def _to_16_bits(values: Array) -> NDArray[np.uint16]:
    """0…1 → 0…65535, rounded and clipped in one pass."""
    return np.asarray(cv2.multiply(values, (65535.0,) * 4, dtype=cv2.CV_16U), np.uint16)
