"""Gray profiles, by their tone curve, exactly.

As for RGB (see `rgb_profile`): libvips' colour engine interpolates in a table, which moves the lightness of shadows by
up to 3.5 L* where the curve is a straight line. Source: ICC.1:2010 (profile version 4.3), section F.2.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.color.lab import linear_to_srgb
from colorizer_cli.photo import icc


@lru_cache(maxsize=4)
def srgb_table(profile: bytes, bits: int) -> NDArray[np.uint16] | None:
    """(2^bits,) level in the profile's encoding → sRGB-encoded gray of 16 bits; None where the profile is damaged, is
    not for gray, or has no tone curve."""
    try:
        tags = icc.read_tags(profile, b"GRAY")
        if tags is None:
            return None
        with np.errstate(all="ignore"):  # what a damaged curve overflows to is found unfit
            linear = icc.curve(tags[b"kTRC"])(np.linspace(0, 1, 2**bits))
    except icc.DAMAGED:
        return None
    if not np.isfinite(linear).all() or (np.diff(linear) < 0).any() or linear[-1] < 0.9:
        return None
    return np.asarray(np.round(linear_to_srgb(np.clip(linear, 0, 1)) * 65535), np.uint16)


def without_gray_profile(image: pyvips.Image, table: NDArray[np.uint16]) -> pyvips.Image:
    """Gray, or gray and alpha, uchar or ushort → the same in 16 bits, gray through `table`."""
    lut = pyvips.Image.new_from_array(table[None])
    gray = image[0].maplut(lut)
    if image.bands == 2:
        alpha = image[1] if image.format == "ushort" else (image[1] * 257).cast("ushort")
        gray = gray.bandjoin(alpha)
    return gray.copy(interpretation="grey16")
