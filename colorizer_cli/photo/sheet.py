"""A sheet that shows original and result side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.photo.coloured import ColouredPhoto
from colorizer_cli.photo.writing import write_image

HALF_PIXELS = 800 * 800  # area of each half, at most
LONGEST = 6000  # pixels of a side of each half, at most: every format holds it
GAP = 12  # white pixels between the two


def before_after(photo: ColouredPhoto) -> NDArray[np.uint8]:
    """(h, 2w + 12, 3) uint8 sRGB: the original as it looks, a white gap, the result."""
    scale = min(1.0, (HALF_PIXELS / (photo.width * photo.height)) ** 0.5, LONGEST / max(photo.width, photo.height))
    width, height = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    before, after = photo.original.thumbnail(width, height), photo.thumbnail(width, height)
    gap = np.full((height, GAP, 3), 255, np.uint8)
    return np.concatenate([before, gap, np.asarray(after, np.uint8)], axis=1)


def write_before_after(photo: ColouredPhoto, path: str | Path, *, overwrite: bool = False) -> None:
    """Writes the sheet in the format of the path's suffix, whole or not at all. Raises OutputError."""
    image = pyvips.Image.new_from_array(before_after(photo)).copy(interpretation="srgb")
    if photo.metadata.xmp is not None:  # the sheet, too, says that its colours are invented
        image.set_type(pyvips.GValue.blob_type, "xmp-data", photo.metadata.xmp)
    write_image(image, path, original=photo.original.path, overwrite=overwrite)
