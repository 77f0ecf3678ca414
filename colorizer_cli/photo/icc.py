"""The parts of ICC profiles that are read here: tags and one-dimensional curves.

Source: ICC.1:2010 (profile version 4.3), sections 7.2, 10.6, 10.18.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
MOST_TAGS = 100
DAMAGED = (ValueError, IndexError, struct.error, KeyError, ArithmeticError)  # what reading a damaged profile raises


def read_tags(data: bytes, space: bytes) -> dict[bytes, bytes] | None:
    """The tags of a profile of that colour space whose connection space is XYZ; None for others. Raises `DAMAGED`."""
    if data[16:24] != space + b"XYZ " or data[36:40] != b"acsp":
        return None
    count = struct.unpack(">I", data[128:132])[0]
    tags = {}
    for place in range(132, 132 + 12 * min(count, MOST_TAGS), 12):
        name, offset, size = struct.unpack(">4sII", data[place : place + 12])
        tags[name] = data[offset : offset + size]
    return tags


def curve(tag: bytes) -> Curve:
    """`curv`: identity, a power, or a table; `para`: a power with a linear toe."""
    if tag[:4] == b"curv":
        count = struct.unpack(">I", tag[8:12])[0]
        if count == 0:
            return lambda x: x
        values = np.frombuffer(tag[12 : 12 + 2 * count], ">u2").astype(np.float64)
        if count == 1:
            return lambda x: x ** (values[0] / 256)
        return lambda x: np.interp(x, np.linspace(0, 1, len(values)), values / 65535)
    if tag[:4] != b"para":
        raise ValueError("no curve")
    kind = struct.unpack(">H", tag[8:10])[0]
    number = (1, 3, 4, 5, 7)[kind]
    g, a, b, c, d, e, f = [value / 65536 for value in struct.unpack(f">{number}i", tag[12 : 12 + 4 * number])] + [
        0.0
    ] * (7 - number)
    if kind == 0:
        a, d = 1, 0
    elif kind in (1, 2):
        c, d, e, f = 0, -b / a, (c if kind == 2 else 0), (c if kind == 2 else 0)
    return lambda x: np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)
