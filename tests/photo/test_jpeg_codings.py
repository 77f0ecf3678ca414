"""Rare JPEG codings: arithmetic, CMYK without the Adobe marker, YCCK."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from colorizer_cli import read_photo
from tests.photo.seeds import ARITHMETIC


def test_arithmetic_coding():
    expected = np.add.outer(np.arange(48) * 3, np.arange(64) * 2) % 256
    ((_, strip, _),) = read_photo(ARITHMETIC).strips()
    levels = strip.astype(int) if strip.dtype == np.uint8 else np.round(strip / 257).astype(int)
    smooth = np.ones(expected.shape, bool)
    smooth[:, 1:] = np.abs(np.diff(expected, axis=1)) < 8  # away from the jump from 255 to 0
    assert np.median(np.abs(levels - expected)[smooth]) <= 2


def four_planes(stored: np.ndarray) -> bytes:
    """A JPEG whose four planes are `stored`, (H, W, 4), with an Adobe marker (which Pillow inverts for)."""
    file = io.BytesIO()
    Image.fromarray(255 - stored, "CMYK").save(file, "JPEG", quality=98, subsampling=0)
    return file.getvalue()


def adobe(data: bytes) -> int:
    """Where the Adobe marker's segment begins."""
    start = data.index(b"\xff\xee")
    assert data[start + 4 : start + 9] == b"Adobe"
    return start


@pytest.mark.parametrize("coding", ["CMYK with Adobe's marker", "CMYK without", "YCCK"])
def test_four_inks(coding: str, gray_pixels: np.ndarray):
    """All three hold one gray photo as C = M = Y = 255 − gray, K = 0."""
    ink = 255 - gray_pixels.astype(np.float64)
    planes = np.stack([ink, ink, ink, np.zeros_like(ink)], axis=-1)
    if coding == "CMYK without":  # inks as they are
        data = four_planes(planes.astype(np.uint8))
        start = adobe(data)
        data = data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") :]
    elif coding == "YCCK":  # Y, Cb, Cr of the inks, K inverted, transform 2
        neutral = np.full_like(ink, 128)
        stored = np.stack([ink, neutral, neutral, np.full_like(ink, 255)], axis=-1)
        data = bytearray(four_planes(stored.astype(np.uint8)))
        data[adobe(bytes(data)) + 15] = 2
    else:
        data = four_planes(255 - planes.astype(np.uint8))
    with Image.open(io.BytesIO(bytes(data))) as seen:
        assert seen.mode == "CMYK"
    photo = read_photo(bytes(data))
    found = photo.thumbnail(photo.width, photo.height)
    assert (photo.height, photo.width) == gray_pixels.shape
    # inks become light through a profile: lightness goes along with the photo's, and there is hardly any colour
    lab = rgb2lab(found)
    assert np.corrcoef(lab[..., 0].ravel(), gray_pixels.ravel())[0, 1] > 0.98
    assert np.median(np.hypot(lab[..., 1], lab[..., 2])) < 8
