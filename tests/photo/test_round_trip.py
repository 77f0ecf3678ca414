"""What goes in comes out, with colour added: depth, size, alpha, lightness. Inputs are written by Pillow and tifffile,
results are read by them too: by other libraries than the one that wrote them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage.color import rgb2gray, rgb2lab

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.color.lab import gray_to_lightness

Opener = Callable[[Path], Image.Image]


def lightness_error(gray: np.ndarray, rgb: np.ndarray) -> float:
    """99.9th percentile of |ΔL*| between gray 0…1 and sRGB 0…1."""
    return float(np.percentile(np.abs(rgb2lab(rgb)[..., 0] - gray_to_lightness(gray.astype(np.float64))), 99.9))


def coloured(colorizer: Colorizer, source: Path, result: Path) -> None:
    write_photo(colorizer.colorize(read_photo(source)), result)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_8_bit_lossless(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, suffix: str, open_image: Opener):
    Image.fromarray(gray_pixels).save(tmp_path / f"old{suffix}")
    coloured(colorizer, tmp_path / f"old{suffix}", tmp_path / f"new{suffix}")
    result = np.asarray(open_image(tmp_path / f"new{suffix}"))
    assert result.shape == (*gray_pixels.shape, 3)
    assert result.dtype == np.uint8
    assert lightness_error(gray_pixels / 255, result / 255) <= 0.5
    assert np.ptp(result.astype(int), axis=-1).mean() > 3, "the photo is still gray"


def test_16_bit_tiff_stays_16_bit(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    rng = np.random.default_rng(0)
    deep = (gray_pixels.astype(np.uint16) << 8) + rng.integers(0, 256, gray_pixels.shape, dtype=np.uint16)
    tifffile.imwrite(tmp_path / "old.tif", deep, photometric="minisblack")
    coloured(colorizer, tmp_path / "old.tif", tmp_path / "new.tif")
    result = tifffile.imread(tmp_path / "new.tif")
    assert result.dtype == np.uint16
    assert lightness_error(deep / 65535, result / 65535) <= 0.05


def test_16_bit_png(colorizer: Colorizer, tmp_path: Path):
    ramp = np.linspace(0, 65535, 200 * 300).astype(np.uint16).reshape(200, 300)
    Image.fromarray(ramp).save(tmp_path / "old.png")
    coloured(colorizer, tmp_path / "old.png", tmp_path / "new.tif")
    result = tifffile.imread(tmp_path / "new.tif")
    assert result.dtype == np.uint16
    assert lightness_error(ramp / 65535, result / 65535) <= 0.05


def test_a_sepia_photo_keeps_its_luminance(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener
):
    sepia = np.clip(gray_pixels[..., None] * [1.0, 0.85, 0.65], 0, 255).astype(np.uint8)
    Image.fromarray(sepia).save(tmp_path / "old.png")
    coloured(colorizer, tmp_path / "old.png", tmp_path / "new.png")
    result = np.asarray(open_image(tmp_path / "new.png")) / 255
    difference = np.abs(rgb2lab(result)[..., 0] - rgb2lab(sepia / 255)[..., 0])
    assert np.percentile(difference, 99.9) <= 0.5


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_kept(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, mode: str, open_image: Opener):
    alpha = np.broadcast_to(np.linspace(0, 255, gray_pixels.shape[1]).astype(np.uint8), gray_pixels.shape)
    image = Image.fromarray(gray_pixels).convert(mode)
    image.putalpha(Image.fromarray(alpha))
    image.save(tmp_path / "old.png")
    coloured(colorizer, tmp_path / "old.png", tmp_path / "new.png")
    result = open_image(tmp_path / "new.png")
    assert result.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(result)[..., 3], alpha)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_every_png_layout(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, mode: str, open_image: Opener):
    image = Image.fromarray(gray_pixels).convert(mode)
    image.save(tmp_path / "old.png")
    coloured(colorizer, tmp_path / "old.png", tmp_path / "new.png")
    result = np.asarray(open_image(tmp_path / "new.png")) / 255
    assert lightness_error(np.asarray(image.convert("L")) / 255, result) <= 0.5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_baked_in_once(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, orientation: int, open_image: Opener
):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(gray_pixels).save(tmp_path / "old.tif", exif=exif)
    coloured(colorizer, tmp_path / "old.tif", tmp_path / "new.png")
    result = open_image(tmp_path / "new.png")
    assert result.getexif().get(0x0112, 1) == 1
    turn = {2: lambda x: x[:, ::-1], 3: lambda x: x[::-1, ::-1], 4: lambda x: x[::-1], 5: lambda x: x.T}
    turn |= {6: lambda x: x[::-1].T, 7: lambda x: x[::-1, ::-1].T, 8: lambda x: x.T[::-1]}
    upright = turn.get(orientation, lambda x: x)(gray_pixels)
    assert lightness_error(upright / 255, np.asarray(result) / 255) <= 0.5


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (3, 2), (31, 33), (1500, 20)])
def test_odd_sizes(colorizer: Colorizer, tmp_path: Path, size: tuple[int, int], open_image: Opener):
    gray = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    Image.fromarray(gray).save(tmp_path / "old.png")
    coloured(colorizer, tmp_path / "old.png", tmp_path / "new.png")
    assert np.asarray(open_image(tmp_path / "new.png")).shape == (*size, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, suffix: str, open_image: Opener):
    Image.fromarray(gray_pixels).save(tmp_path / f"old{suffix}", quality=95)
    coloured(colorizer, tmp_path / f"old{suffix}", tmp_path / f"new{suffix}")
    result = np.asarray(open_image(tmp_path / f"new{suffix}").convert("RGB"))
    assert np.abs(rgb2gray(result) * 255 - gray_pixels).mean() < 8


def test_a_result_larger_than_a_strip_has_no_seam(
    colorizer: Colorizer, gray_pixels: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_image: Opener
):
    """The same bytes as rendered in one piece."""
    Image.fromarray(gray_pixels).resize((900, 700)).save(tmp_path / "old.png")
    strips = len(list(read_photo(tmp_path / "old.png").strips()))
    coloured(colorizer, tmp_path / "old.png", tmp_path / "strips.png")
    monkeypatch.setattr("colorizer_cli.photo.photo.STRIP_PIXELS", 2**24)
    assert strips > 2
    assert len(list(read_photo(tmp_path / "old.png").strips())) == 1
    coloured(colorizer, tmp_path / "old.png", tmp_path / "whole.png")
    np.testing.assert_array_equal(*(np.asarray(open_image(tmp_path / f"{name}.png")) for name in ("strips", "whole")))


def test_the_result_does_not_depend_on_the_container(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    for suffix in (".png", ".tif"):
        Image.fromarray(gray_pixels).save(tmp_path / f"old{suffix}")
    first, second = (colorizer.colorize(read_photo(tmp_path / f"old{suffix}")).pixels() for suffix in (".png", ".tif"))
    np.testing.assert_array_equal(first, second)


def test_bytes_are_read_as_files_are(colorizer: Colorizer, gray_jpeg: Path):
    from_file = colorizer.colorize(read_photo(gray_jpeg)).pixels()
    from_bytes = colorizer.colorize(read_photo(gray_jpeg.read_bytes())).pixels()
    np.testing.assert_array_equal(from_file, from_bytes)


def test_a_photo_can_be_asked_for_its_pixels_twice(colorizer: Colorizer, gray_jpeg: Path):
    photo = colorizer.colorize(read_photo(gray_jpeg))
    np.testing.assert_array_equal(photo.pixels(), photo.pixels())
