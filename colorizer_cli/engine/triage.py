"""What a photo is before anything is done to it: gray or toned (to be coloured), already in colour, or a negative."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import srgb_to_lab
from colorizer_cli.engine.negative import REFUSED, SUSPECTED, negative_score
from colorizer_cli.errors import AlreadyInColourError, PhotoError
from colorizer_cli.photo.photo import Photo

TONES = 24  # steps of L over which a toning is followed
FEWEST = 20  # pixels of a step
SMALLEST_JUDGED = 256  # pixels of the short side: smaller pictures show too little to be called a negative
STRAY = 7.0  # chroma beside the toning that a tenth of a gray photo's pixels may reach: stains, foxing, JPEG
MASK_A, MASK_B = 12.0, 35.0  # a and b of the brightest parts of a colour negative: its orange base
INVERT = "if it is one, invert it first (ImageMagick: convert IN -negate OUT); --force colours it as it is"


@dataclass(frozen=True)
class Colours:
    """toned      median chroma: above about 4 a sepia or another toning is seen
    stray      90th percentile of how far colours lie from what their lightness has elsewhere in the photo
    brightest  mean a and b of the lightest twentieth
    """

    toned: float
    stray: float
    brightest: tuple[float, float]

    @classmethod
    def of(cls, rgb: NDArray[np.uint8]) -> Colours:
        """`rgb` (h, w, 3) sRGB, a small copy."""
        lab = np.asarray(srgb_to_lab(rgb.astype(np.float32) / 255), np.float32)
        lightness, ab = lab[..., 0].ravel(), np.asarray(cv2.blur(lab[..., 1:], (3, 3))).reshape(-1, 2)
        stray = np.hypot(*(ab - _toning(lightness, ab)).T)
        a, b = ab[lightness >= np.percentile(lightness, 95)].mean(axis=0).tolist()
        return cls(float(np.percentile(np.hypot(*ab.T), 50)), float(np.percentile(stray, 90)), (a, b))

    @property
    def is_colour_negative(self) -> bool:
        return self.brightest[0] > MASK_A and self.brightest[1] > MASK_B

    @property
    def is_colour(self) -> bool:
        return self.stray > STRAY


def check_colourable(photo: Photo) -> list[str]:
    """→ remarks for the user. Raises AlreadyInColourError, or PhotoError for a negative.

    Pages of one file are all in colour or all not.
    """
    remarks: list[str] = []
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
    left, top, right, bottom = photo.frame.box if photo.frame else (0.0, 0.0, 1.0, 1.0)
    inside = np.s_[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    if photo.is_rgb:
        colours = Colours.of(photo.thumbnail(width, height)[inside])
        if colours.is_colour_negative:
            raise PhotoError(f"{photo.name} looks like a colour negative; {INVERT}")
        if colours.is_colour:
            return True
    if min(photo.width, photo.height) < SMALLEST_JUDGED:
        return False
    score = negative_score(gray[inside])
    if score > REFUSED:
        raise PhotoError(f"{photo.name} looks like a negative; {INVERT}")
    if score > SUSPECTED:
        remarks.append(f"{photo.name} may be a negative; {INVERT.partition(';')[0]}")
    return False


def _toning(lightness: NDArray[np.float32], ab: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, 2) what a and b the photo has, by and large, at each pixel's lightness: a toned gray is a function of it."""
    step = np.clip((lightness * (TONES / 100)).astype(int), 0, TONES - 1)
    known = np.flatnonzero(np.bincount(step, minlength=TONES) > FEWEST)
    if not len(known):
        return np.zeros_like(ab, np.float64)
    centres = (known + 0.5) * (100 / TONES)
    medians = np.array([np.percentile(ab[step == number], 50, axis=0) for number in known])
    return np.stack([np.interp(lightness, centres, medians[:, k]) for k in (0, 1)], axis=1)
