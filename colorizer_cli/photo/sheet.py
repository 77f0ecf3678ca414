"""A sheet that shows original and result side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
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
    write_picture(before_after(photo), photo, path, overwrite=overwrite)


def write_picture(
    pixels: NDArray[np.uint8], photo: ColouredPhoto, path: str | Path, *, overwrite: bool = False
) -> None:
    """Writes (h, w, 3) uint8 sRGB `pixels`, which show something of `photo`, as `write_photo` does a photo."""
    image = pyvips.Image.new_from_array(pixels).copy(interpretation="srgb")
    if photo.metadata.xmp is not None:  # the sheet, too, says that its colours are invented
        image.set_type(pyvips.GValue.blob_type, "xmp-data", photo.metadata.xmp)
    write_image(image, path, original=photo.original.path, overwrite=overwrite)


def candidates_sheet(photos: Sequence[ColouredPhoto]) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 sRGB: the results, numbered from 1, in rows of at most three, a white gap between them."""
    columns = min(3, len(photos))
    first = photos[0]
    scale = min(1.0, (HALF_PIXELS / 2 / (first.width * first.height)) ** 0.5)
    width, height = max(1, round(first.width * scale)), max(1, round(first.height * scale))
    rows = -(-len(photos) // columns)
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), 255, np.uint8)
    for i, photo in enumerate(photos):
        top, left = i // columns * (height + GAP), i % columns * (width + GAP)
        picture = np.ascontiguousarray(photo.thumbnail(width, height), np.uint8)
        sheet[top : top + height, left : left + width] = numbered(picture, i + 1, (GAP, 3 * GAP))
    return sheet


def numbered(picture: NDArray[np.uint8], number: int, place: tuple[int, int]) -> NDArray[np.uint8]:
    """The (h, w, 3) picture, in place, with a number that can be read on dark and on light, near (x, y)."""
    height, width = picture.shape[:2]
    x, y = min(max(0, place[0]), max(0, width - 24)), min(max(20, place[1]), height)
    for colour, thickness in ((0, 4), (255, 2)):
        cv2.putText(picture, str(number), (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (colour,) * 3, thickness, cv2.LINE_AA)
    return picture
