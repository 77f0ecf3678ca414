"""What a photo is before anything is done to it: gray or toned (to be coloured), already in colour, or a negative."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from colorizer_cli.engine.colours import Colours
from colorizer_cli.engine.negative import REFUSED, SUSPECTED, negative_score
from colorizer_cli.errors import AlreadyInColourError, PhotoError
from colorizer_cli.photo.photo import Photo

SMALLEST_JUDGED = 256  # pixels of the short side: smaller pictures show too little to be called a negative
INVERT = "if it is one, invert it first (ImageMagick: convert IN -negate OUT); --force colours it as it is"


def check_colourable(photo: Photo) -> list[str]:
    """→ remarks for the user. Raises AlreadyInColourError, or PhotoError for a negative.

    Pages of one file are all in colour or all not.
    """
    remarks: list[str] = []
    if photo.two_level:
        remarks.append(f"{photo.name} is of pure black and white, which no colour can be given to; scan it in gray")
    found = [_in_colour(page, remarks) for page in _pages(photo)]
    if all(found):
        raise AlreadyInColourError(f"{photo.name} is in colour already and was left alone; --force colours it anew")
    if any(found):
        raise PhotoError(
            f"{photo.name}: page {found.index(True) + 1} is in colour already, others are not; "
            "--force colours them all, or split the file"
        )
    return remarks


def _pages(photo: Photo) -> Iterator[Photo]:
    for number in range(photo.pages):
        yield photo if number == photo.page or photo.read_page is None else photo.read_page(number)


def _in_colour(photo: Photo, remarks: list[str]) -> bool:
    """Judged by the picture inside its borders: a mount may be brown, and a colour chart lie on it."""
    gray = photo.overview
    height, width = gray.shape
    if photo.has_colours:
        # half the overview's size is enough, and lets a JPEG's decoder shrink twice as far
        small = photo.thumbnail(max(1, width // 2), max(1, height // 2))
        colours = Colours.of(small[_inside(photo, *small.shape[:2])])
        if colours.is_colour_negative:
            raise PhotoError(f"{photo.name} looks like a colour negative; {INVERT}")
        if colours.is_colour:
            return True
    if photo.two_level or min(photo.width, photo.height) < SMALLEST_JUDGED:
        return False  # a text and its inversion are alike
    score = negative_score(gray[_inside(photo, height, width)])
    if score > REFUSED:
        raise PhotoError(f"{photo.name} looks like a negative; {INVERT}")
    if score > SUSPECTED:
        remarks.append(f"{photo.name} may be a negative; {INVERT.partition(';')[0]}")
    return False


def _inside(photo: Photo, height: int, width: int) -> tuple[slice, slice]:
    """The picture without its borders, in a copy of that size."""
    left, top, right, bottom = photo.frame.box if photo.frame else (0.0, 0.0, 1.0, 1.0)
    return np.s_[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
