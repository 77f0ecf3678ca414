"""strip.c, compiled by hatch_build.py where the installation found a C compiler, and the table that its parts share."""

from __future__ import annotations

import ctypes
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name("strip.c")
LIBRARY = SOURCE.with_name("strip.so")
CURVE = 4096  # steps of `curve`


def library() -> Any | None:
    """The compiled code; None where there is none that can be used: see `problem`."""
    return _loaded()[0]


def problem() -> str | None:
    """Why there is no compiled code; None where there is."""
    return _loaded()[1]


@cache
def _loaded() -> tuple[Any | None, str | None]:
    if not LIBRARY.exists():
        return None, "it was not compiled when this was installed"
    try:
        found = ctypes.CDLL(str(LIBRARY))
        found.source_crc.restype = ctypes.c_uint32
        if found.source_crc() != zlib.crc32(SOURCE.read_bytes()):
            return None, f"{LIBRARY} was made of another {SOURCE.name} than the one beside it"
    except (OSError, AttributeError) as error:
        return None, f"{LIBRARY} cannot be loaded: {error}"
    found.red_of_rgb.restype = ctypes.c_int32
    found.red_of_rgb.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_void_p]
    found.gray_of_rgb.restype = None
    found.gray_of_rgb.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, *[ctypes.c_void_p] * 3]
    found.colour_strip.restype = None
    found.colour_strip.argtypes = [ctypes.c_void_p] * 6 + [ctypes.c_ssize_t] * 2 + [ctypes.c_void_p]
    return found, None


def address(array: NDArray[Any]) -> int:
    """Of an array's first element. Whoever passes it on has to hold the array for as long as the code runs."""
    return int(array.ctypes.data)


@cache
def curve() -> NDArray[np.float32]:
    """(CURVE + 2,) float32: the power part of sRGB's transfer function (IEC 61966-2-1) over the square root of linear
    light, at 0, 1 / CURVE, … 1 and one step further."""
    root = np.arange(CURVE + 2) / CURVE
    return np.asarray(1.055 * root ** (2 / 2.4) - 0.055, np.float32)
