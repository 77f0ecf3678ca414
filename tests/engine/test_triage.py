"""What is in colour is left alone, what is toned is coloured, what is a negative is refused; borders stay neutral."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data
from skimage.color import rgb2gray

from colorizer_cli import Colorizer, Settings, read_photo
from colorizer_cli.color.tone_curve import ToneCurve
from colorizer_cli.engine.triage import check_colourable
from colorizer_cli.errors import AlreadyInColourError, PhotoError, UsageError

Saved = Callable[[np.ndarray], Path]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    def save(pixels: np.ndarray) -> Path:
        Image.fromarray(pixels).save(tmp_path / "photo.png")
        return tmp_path / "photo.png"

    return save


@pytest.mark.parametrize("name", ["coffee", "astronaut", "chelsea", "rocket"])
def test_colour_photos_are_left_alone(saved: Saved, name: str):
    with pytest.raises(AlreadyInColourError, match="--force"):
        check_colourable(read_photo(saved(getattr(data, name)())))


def toned(gray: np.ndarray, shadows: tuple[float, ...], lights: tuple[float, ...]) -> np.ndarray:
    share = gray[..., None] / 255
    noise = np.random.default_rng(0).normal(0, 2, (*gray.shape, 1))
    return np.clip((np.array(shadows) * (1 - share) + np.array(lights) * share) + noise, 0, 255).astype(np.uint8)


TONINGS = {
    "sepia": ((40, 26, 18), (255, 226, 178)),
    "cyanotype": ((10, 25, 70), (225, 238, 245)),
    "gray": ((0, 0, 0), (255, 255, 255)),
    "faded": ((90, 70, 55), (215, 195, 160)),
}


@pytest.mark.parametrize("toning", list(TONINGS))
def test_toned_photos_are_coloured(saved: Saved, toning: str):
    for gray in (data.camera(), np.round(rgb2gray(data.chelsea()) * 255).astype(np.uint8)):
        assert check_colourable(read_photo(saved(toned(gray, *TONINGS[toning])))) == []


def test_negatives_are_refused(saved: Saved):
    positive = data.camera()
    assert check_colourable(read_photo(saved(positive))) == []
    with pytest.raises(PhotoError, match=r"negative.*invert"):
        check_colourable(read_photo(saved(255 - positive)))


def test_colour_negatives_are_refused(saved: Saved):
    inverted = (255 - data.coffee().astype(float)) * [1.0, 0.62, 0.34]
    with pytest.raises(PhotoError, match="colour negative"):
        check_colourable(read_photo(saved(inverted.astype(np.uint8))))


def framed(gray: np.ndarray, colour: tuple[int, ...]) -> np.ndarray:
    height, width = gray.shape
    whole = np.empty((height + 80, width + 80, 3), np.uint8)
    whole[:] = colour
    whole[40:-40, 40:-40] = gray[..., None]
    return whole


@pytest.mark.parametrize("border", ["auto", "keep", "colour"])
def test_borders(colorizer: Colorizer, saved: Saved, gray_pixels: np.ndarray, border: str):
    """A brown mount: neutral, in its own tint, or coloured as the network sees fit."""
    result = colorizer.colorize(
        read_photo(saved(framed(gray_pixels, (231, 220, 200)))), Settings(border=border)
    ).pixels()
    mount = np.concatenate([result[:25].reshape(-1, 3), result[-25:].reshape(-1, 3)]).astype(int)
    assert np.ptp(result[60:-60, 60:-60].astype(int), axis=-1).mean() > 3
    tint = mount[:, 0] - mount[:, 2]
    if border == "auto":
        assert np.ptp(mount, axis=-1).max() <= 2
    if border == "keep":
        assert abs(tint.mean() - 31) < 6


def test_the_network_sees_the_picture_alone(colorizer: Colorizer, saved: Saved, gray_pixels: np.ndarray):
    alone = colorizer.colorize(read_photo(saved(gray_pixels))).pixels().astype(int)
    whole = colorizer.colorize(read_photo(saved(framed(gray_pixels, (5, 5, 5))))).pixels().astype(int)
    inside = np.s_[20:-20, 20:-20]
    assert np.abs(whole[40:-40, 40:-40][inside] - alone[inside]).mean() < 3


def test_tone_curves_can_be_undone():
    curve = ToneCurve.of(np.random.default_rng(0).uniform(0.2, 0.7, (50, 50)).astype(np.float32))
    levels = curve.table(16).astype(int)
    assert (np.diff(levels) >= 0).all()
    assert levels[0] == 0
    assert levels[-1] == 65535
    gray = np.linspace(0, 1, 1001)
    back = np.interp(curve.apply(gray), [0, 0.02, 0.98, 1], [0, curve.black, curve.white, 1])
    np.testing.assert_allclose(back, gray, atol=1e-9)


@pytest.mark.parametrize("wrong", [{"border": "maybe"}, {"tone": "sepia"}])
def test_wrong_settings(wrong: dict[str, str]):
    with pytest.raises(UsageError, match="expected one of"):
        Settings(**wrong)
