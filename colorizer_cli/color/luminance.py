"""sRGB of 8 bits → the gray of its luminance, in compiled code, for where there is such (see `compiled`).

Without OpenCV, which would have to be imported before a photo can be decoded.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.compiled import address, curve, library
from colorizer_cli.color.lab import LUMINANCE, srgb_to_linear


def gray_of_rgb(rgb: NDArray[np.uint8], gray: NDArray[np.uint16]) -> None:
    """(rows, width, 3) sRGB → its luminance as sRGB-encoded gray, written to `gray` (rows, width); both contiguous.

    `library()` must not be None.
    """
    tables = (_linear(), curve())
    library().gray_of_rgb(address(rgb), gray.size, *(address(t) for t in tables), address(gray))  # type: ignore[union-attr]


def red_of_rgb(rgb: NDArray[np.uint8], red: NDArray[np.uint8]) -> bool:
    """(rows, width, 3) sRGB → its red, written to `red` (rows, width); both contiguous. → whether green and blue are
    like it in every pixel, so that it is the gray in full. `library()` must not be None."""
    return bool(library().red_of_rgb(address(rgb), red.size, address(red)))  # type: ignore[union-attr]


@cache
def _linear() -> NDArray[np.float32]:
    """(3, 256) what each level of R, G and B adds to the luminance."""
    return np.asarray(LUMINANCE[:, None] * srgb_to_linear(np.arange(256) / 255), np.float32)
