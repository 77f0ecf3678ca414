"""Any pixel layout that the decoders give → sRGB-encoded gray of 8 or 16 bits, alpha apart."""

from __future__ import annotations

import pyvips


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
    if alpha is not None and image.format == "uchar":
        alpha = (alpha * 257).cast("ushort")
    return gray, alpha
