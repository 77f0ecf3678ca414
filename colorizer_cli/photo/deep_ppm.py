"""Colour PPM of more than 8 bits a channel, which Pillow would round to 8. Source: the netpbm manual, ppm(5)."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray


def highest_value(image: Any) -> int | None:
    """Of the samples of a file that Pillow has opened, if it is such a PPM; else None."""
    codec, _, _, arguments = image.tile[0]
    if image.mode != "RGB" or codec not in ("ppm", "ppm_plain") or arguments[1] <= 255:
        return None
    return int(arguments[1])


def pixels(data: bytes, image: Any, highest: int) -> NDArray[np.uint16]:
    """(h, w, 3) uint16 over its full range; `data` is the whole file. Raises ValueError: damaged."""
    codec, _, start, _ = image.tile[0]
    width, height = image.size
    count = width * height * 3
    if codec == "ppm_plain":
        words = re.sub(rb"#[^\r\n]*", b"", data[start:]).split()[:count]
        if not all(word.isdigit() and len(word) <= 5 for word in words):
            raise ValueError("samples that are no numbers")
        samples = np.array(words, dtype="S5").astype(np.int64)
    else:
        samples = np.frombuffer(data, ">u2", min(count, (len(data) - start) // 2), start)
    if len(samples) < count:
        raise ValueError("image file is truncated")
    if samples.max() > highest:
        raise ValueError(f"samples above {highest}")
    scaled = samples.astype(np.uint16) if highest == 65535 else np.rint(samples * (65535 / highest)).astype(np.uint16)
    return np.asarray(scaled.reshape(height, width, 3))
