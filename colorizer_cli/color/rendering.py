"""Full-resolution gray + coarse chroma coefficients → sRGB, strip by strip. Every pixel of a photo comes through here.

That is why OpenCV's fused passes and look-up tables stand where plain operators would read more easily, and why all
planes are written to memory that is used again for the next strip: asking the system for fresh pages costs more than
all the arithmetic.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import DTypeLike, NDArray

from colorizer_cli.color.gamut import DIFFERENCES_TO_RGB, TOLERANCE, desaturate
from colorizer_cli.color.lab import compress, expand, linear_to_srgb, srgb_to_linear

Array = NDArray[np.float32]
Integers = NDArray[np.integer]

# fx and fz travel as 16-bit codes, code = (f − LOWEST) · STEPS_PER_UNIT, so that a table can expand them. A step is
# 0.015 units of a; f reaches from −0.3 to 1.4 for a and b of ±200.
LOWEST = -0.5
STEPS_PER_UNIT = 65535 / 2.0
# Linear RGB on the way to 8 bits, as 16-bit codes with a little room on both sides of 0…1 for the gamut's tolerance
CODES, MARGIN = 65528.0, 3.0
KNEE = 0.0031308  # of the sRGB curve, in linear light


class StripRenderer:
    """Colours a width × height photo strip by strip; see `ChromaField` for the coefficients. Thread-safe.

    Called with `gray` (rows, width) uint8 or uint16, sRGB-encoded over its full range, and `top`, its first row's
    number. → (rows, width, 3) sRGB of `bits` bits (8: uint8, 16: uint16). Luminance is the gray's own; colours outside
    sRGB are desaturated.
    """

    def __init__(self, coefficients: Array, width: int, height: int, bits: int) -> None:
        slope_x, offset_x, slope_z, offset_z = coefficients
        codes = [slope_x, offset_x - LOWEST, slope_z, offset_z - LOWEST]
        self._codes = np.stack(codes) * np.float32(STEPS_PER_UNIT)
        self._width, self._height, self._bits = width, height, bits
        self._scale, self._shift = (CODES, MARGIN) if bits == 8 else (1.0, 0.0)
        matrix = np.column_stack([np.full(3, self._scale), DIFFERENCES_TO_RGB * self._scale, np.full(3, self._shift)])
        self._matrix = matrix.astype(np.float32)
        self._memory = threading.local()

    def __call__(self, gray: Integers, top: int) -> Integers:
        memory = self._strip_memory(len(gray))
        levels = levels_of(8 * gray.itemsize)
        fy = cv2.LUT(gray, levels.compressed, dst=memory.plane(0))
        x, z = self._chroma_codes(fy, top, memory)
        luminance = cv2.LUT(gray, levels.luminance, dst=memory.plane(1))
        base = cv2.LUT(gray, levels.base, dst=memory.plane(2))
        dx = cv2.subtract(cv2.LUT(x, _expanded(), dst=memory.plane(3)), base, dst=memory.plane(3))
        dz = cv2.subtract(cv2.LUT(z, _expanded(), dst=memory.plane(4)), base, dst=memory.plane(4))
        joined = cv2.merge([luminance, dx, dz], dst=memory.joined)
        rgb = np.asarray(cv2.transform(joined, self._matrix, dst=memory.rgb))
        outside = self._outside(rgb, memory)
        if outside.size:
            colours = (np.asarray(plane).ravel()[outside] for plane in (fy, luminance, x, z))
            rgb.reshape(-1, 3)[outside] = self._desaturated(*colours)
        return self._encode(rgb, memory)

    def _chroma_codes(self, fy: Array, top: int, memory: _StripMemory) -> tuple[Integers, Integers]:
        """→ fx and fz as 16-bit codes, (rows, width) each."""
        slope_x, offset_x, slope_z, offset_z = _upsample(self._codes, top, self._height, memory.coefficients)
        found = []
        for i, (slope, offset) in enumerate(((slope_x, offset_x), (slope_z, offset_z))):
            product = cv2.multiply(slope, fy, dst=slope)
            found.append(np.asarray(cv2.add(product, offset, dst=memory.codes[i], dtype=cv2.CV_16U)))
        return found[0], found[1]

    def _outside(self, rgb: Array, memory: _StripMemory) -> NDArray[np.intp]:
        """Numbers of the pixels that sRGB cannot show. Faster on all channels in one row than cv2.inRange."""
        low, high = self._shift - self._scale * TOLERANCE, self._shift + self._scale * (1 + TOLERANCE)
        below = np.less(rgb, np.float32(low), out=memory.below)
        beyond = np.logical_or(below, np.greater(rgb, np.float32(high), out=memory.above), out=below)
        found = np.flatnonzero(beyond) // 3
        return found[np.flatnonzero(np.diff(found, prepend=-1))]

    def _desaturated(self, fy: Array, luminance: Array, x: Integers, z: Integers) -> Array:
        fx, fz = (codes.astype(np.float32) / np.float32(STEPS_PER_UNIT) + np.float32(LOWEST) for codes in (x, z))
        rgb = np.clip(desaturate(fy, luminance, fx, fz), 0, 1)
        return np.asarray(rgb * self._scale + self._shift, np.float32)

    def _encode(self, rgb: Array, memory: _StripMemory) -> Integers:
        if self._bits == 16:
            return _encoded_words(rgb, memory.joined)
        np.copyto(memory.rgb_codes, rgb, casting="unsafe")
        return np.asarray(cv2.LUT(memory.rgb_codes, encoded_bytes()))

    def _strip_memory(self, rows: int) -> _StripMemory:
        """This thread's memory for strips of that many rows: all but the last have the same."""
        memory: _StripMemory | None = getattr(self._memory, "strip", None)
        if memory is None or memory.rows != rows:
            memory = self._memory.strip = _StripMemory(rows, self._width)
        return memory


class _StripMemory:
    """What one strip's planes are written to."""

    def __init__(self, rows: int, width: int) -> None:
        def empty(*shape: int, dtype: DTypeLike = np.float32) -> NDArray[np.generic]:
            return np.empty((*shape, rows, width), dtype)

        self.rows = rows
        self._planes = empty(5)
        self.coefficients = np.empty((4 * rows, width), np.float32)
        self.codes = empty(2, dtype=np.uint16)
        self.joined, self.rgb = np.empty((2, rows, width, 3), np.float32)
        self.below, self.above = np.empty((2, rows, width, 3), np.bool_)
        self.rgb_codes = np.empty((rows, width, 3), np.uint16)

    def plane(self, number: int) -> NDArray[np.generic]:
        return np.asarray(self._planes[number])


def _upsample(field: Array, top: int, height: int, out: Array) -> Array:
    """(4, h, w) coarse planes → (4, rows, width) in `out` (4 · rows, width): bilinear, for rows top…top + rows.

    Down first, on the coarse grid's few columns, then across: the photo's full width is only ever held for one strip.
    """
    rows, width = len(out) // 4, out.shape[1]
    above, below, ways = between(top, rows, height, field.shape[1])
    way = ways[:, None]
    down = (field[:, above] * (1 - way) + field[:, below] * way).reshape(4 * rows, -1)
    across = cv2.resize(down, (width, 4 * rows), dst=out, interpolation=cv2.INTER_LINEAR)
    return np.asarray(across, np.float32).reshape(4, rows, width)


def between(top: int, rows: int, height: int, coarse: int) -> tuple[NDArray[np.int32], NDArray[np.int32], Array]:
    """For rows top…top + rows of `height`: the row of the `coarse` grid above each, that below, and how far it is on
    the way from the one to the other, 0…1. (rows,) each."""
    centre = np.clip((np.arange(top, top + rows) + 0.5) * (coarse / height) - 0.5, 0, coarse - 1)
    above = centre.astype(np.int32)
    return above, np.minimum(above + 1, coarse - 1), (centre - above).astype(np.float32)


class Levels(NamedTuple):
    """For every level of gray: fy, Y, and `base`, the Y that fy's 16-bit code expands to. The difference to `base` is
    what a colour adds, so that no colour adds exactly nothing."""

    compressed: Array
    luminance: Array
    base: Array


@cache
def levels_of(bits: int) -> Levels:
    """For gray of 8 or 16 bits."""
    luminance = srgb_to_linear(np.arange(2**bits) / (2**bits - 1))
    compressed = compress(luminance).astype(np.float32)
    scaled = compressed * np.float32(STEPS_PER_UNIT)  # rounded as a strip's codes are
    codes = np.asarray(cv2.add(scaled, np.full_like(scaled, -LOWEST * STEPS_PER_UNIT), dtype=cv2.CV_16U))
    return Levels(compressed, luminance.astype(np.float32), _expanded()[codes.ravel()])


@cache
def _expanded() -> Array:
    """fx or fz as a 16-bit code → X or Z relative to white."""
    return expand(np.arange(65536) / STEPS_PER_UNIT + LOWEST).astype(np.float32)


def _encoded_words(linear: Array, spare: Array) -> NDArray[np.uint16]:
    """`lab.linear_to_srgb` in 16 bits, rounded and clipped; overwrites both arrays. The curve is its power part above
    the knee plus its straight part below."""
    power = np.asarray(cv2.pow(np.maximum(linear, np.float32(KNEE), out=spare), 1 / 2.4, dst=spare), np.float32)
    straight = np.clip(linear, 0, np.float32(KNEE), out=linear)
    straight *= np.float32(12.92 * 65535)
    straight += np.float32((-12.92 * KNEE - 0.055) * 65535)
    return np.asarray(cv2.scaleAdd(power, 1.055 * 65535, straight, dst=spare).clip(0, 65535).round(), np.uint16)


@cache
def encoded_bytes() -> NDArray[np.uint8]:
    """Linear light as a 16-bit code → sRGB-encoded byte. Codes are cut off, not rounded, hence the half. The darkest
    8-bit levels lie 20 codes apart: looked-up rounding is as good as exact."""
    linear = np.clip((np.arange(65536) + 0.5 - MARGIN) / CODES, 0, 1)
    return np.round(linear_to_srgb(linear) * 255).astype(np.uint8)
