"""`rendering.StripRenderer` in compiled code, several times as fast, for where there is such (see `compiled`).

The same formulas, in strip.c, and the same pixels but for roundings: a level of 8 bits in one of 200, seldom more where
colours lie far outside sRGB.
"""

from __future__ import annotations

import ctypes

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.compiled import address, curve, library
from colorizer_cli.color.gamut import DIFFERENCES_TO_RGB, TOLERANCE
from colorizer_cli.color.rendering import CODES, MARGIN, between, encoded_bytes, levels_of

Array = NDArray[np.float32]
Integers = NDArray[np.integer]


class _Photo(ctypes.Structure):
    """The struct of the same name in strip.c."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("fy", "luminance", "encoded", "curve", "matrix")),
        *((name, ctypes.c_float) for name in ("codes", "margin", "tolerance")),
        *((name, ctypes.c_int32) for name in ("gray_bytes", "out_bytes")),
    )


class NativeRenderer:
    """`StripRenderer` with the same arguments, calls and results. `library()` must not be None."""

    def __init__(self, coefficients: Array, width: int, height: int, bits: int) -> None:
        self._coefficients = coefficients
        self._width, self._height, self._bits = width, height, bits
        self._tables = (encoded_bytes(), curve(), np.ascontiguousarray(DIFFERENCES_TO_RGB, np.float32))
        self._run = library().colour_strip  # type: ignore[union-attr]

    def __call__(self, gray: Integers, top: int) -> Integers:
        gray = np.ascontiguousarray(gray)
        if gray.dtype not in (np.uint8, np.uint16) or gray.ndim != 2 or gray.shape[1] != self._width or not len(gray):
            found = f"{gray.dtype} of shape {gray.shape}"
            raise ValueError(f"gray: expected uint8 or uint16 of shape (rows, {self._width}), found {found}")
        rows = len(gray)
        above, below, way, coarse = self._coarse_rows(top, rows)
        out = np.empty((rows, self._width, 3), np.uint8 if self._bits == 8 else np.uint16)
        levels = levels_of(8 * gray.itemsize)
        # arrays are held by names until the code has run: it knows their addresses only
        tables = (levels.compressed, levels.luminance, *self._tables)
        sizes = (gray.itemsize, out.itemsize)
        photo = _Photo(*(address(table) for table in tables), CODES, MARGIN, TOLERANCE, *sizes)
        arrays = (gray, coarse, above, below, way)
        self._run(ctypes.addressof(photo), *(address(array) for array in arrays), rows, self._width, address(out))
        return out

    def _coarse_rows(self, top: int, rows: int) -> tuple[NDArray[np.int32], NDArray[np.int32], Array, Array]:
        """What rows top…top + rows of the photo lie between: see strip.c. The coarse rows are as wide as the photo."""
        above, below, way = between(top, rows, self._height, self._coefficients.shape[1])
        first, last = above[0], below[-1]
        narrow = np.ascontiguousarray(self._coefficients[:, first : last + 1].swapaxes(0, 1))
        count = 4 * len(narrow)
        wide = cv2.resize(narrow.reshape(count, -1), (self._width, count), interpolation=cv2.INTER_LINEAR)
        return above - first, below - first, way, np.asarray(wide, np.float32)
