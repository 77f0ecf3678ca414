"""Any pixel layout that the decoders give → sRGB-encoded gray of 8 or 16 bits, alpha apart."""

from __future__ import annotations

import numpy as np
import pyvips

from colorizer_cli.photo.rgb_profile import RgbProfile


def to_gray(image: pyvips.Image) -> tuple[pyvips.Image, pyvips.Image | None]:
    """→ (gray, alpha or None): one band each, sRGB-encoded luminance, uchar or ushort.

    Gray of 8 bits stays as it is, bit for bit. Colour becomes 16-bit gray by its luminance, so that the rounding of
    an 8-bit gray does not cost lightness. Profiles have been applied before (see `reading`).
    """
    alpha = None
    if image.hasalpha():
        alpha = image[image.bands - 1]
        image = image[: image.bands - 1] if image.bands > 2 else image[0]
    if image.bands == 1:
        return image, alpha
    gray = image.colourspace("grey16")[0]
    if alpha is not None and image.format != "ushort":  # float where a profile has been taken off: 0…1
        alpha = (alpha * (257 if image.format == "uchar" else 65535)).rint().cast("ushort")
    return gray, alpha


def without_profile(image: pyvips.Image, profile: RgbProfile) -> pyvips.Image:
    """RGB or RGBA, uchar or ushort, encoded as the profile says → the same colours in float scRGB (linear sRGB)."""
    bits = 16 if image.format == "ushort" else 8
    table = pyvips.Image.new_from_array(np.ascontiguousarray(profile.linear_table(bits).T[None], np.float32))
    linear = image[0:3].maplut(table).recomb(profile.matrix.tolist()).copy(interpretation="scrgb")
    return linear.bandjoin(image[3] / (2**bits - 1)) if image.bands == 4 else linear
