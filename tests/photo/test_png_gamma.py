"""PNGs that state a gamma and no profile: they come out as light or dark as programs that heed it show them."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.engine.verification import verify_result
from colorizer_cli.photo.png_gamma import profile

LINEAR, OLD_MAC, USUAL = 100_000, 55_556, 45_455


def png(pixels: np.ndarray, gamma: int, *further: tuple[bytes, bytes]) -> bytes:
    chunks = PngImagePlugin.PngInfo()
    for kind, body in (*further, (b"gAMA", struct.pack(">I", gamma))):
        chunks.add(kind, body)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png", pnginfo=chunks)
    return file.getvalue()


def lightness(light: np.ndarray) -> np.ndarray:
    """CIE L* of relative luminance."""
    return np.where(light > (6 / 29) ** 3, 116 * np.cbrt(light) - 16, light * (29 / 3) ** 3)


def of_srgb(rgb: np.ndarray) -> np.ndarray:
    encoded = rgb.astype(float) / np.iinfo(rgb.dtype).max
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return lightness(linear @ (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize("gamma", [LINEAR, OLD_MAC])
@pytest.mark.parametrize(("depth", "bound"), [(8, 0.5), (16, 0.05)])
def test_gray_is_shown_as_light_as_before(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, gamma: int, depth: int, bound: float
):
    pixels = gray_pixels if depth == 8 else gray_pixels.astype(np.uint16) * 257
    (tmp_path / "old.png").write_bytes(png(pixels, gamma))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.tif")
    result = tifffile.imread(tmp_path / "new.tif")
    assert result.dtype == f"uint{depth}"
    expected = lightness((gray_pixels / 255) ** (100_000 / gamma))
    apart = np.abs(of_srgb(result) - expected)
    shadows = expected < 3  # 8 bits of sRGB are as coarse there as 8 linear ones
    assert np.percentile(apart[~shadows], 99.9) <= bound
    with tifffile.TiffFile(tmp_path / "new.tif") as file:
        assert ImageCms.getOpenProfile(io.BytesIO(file.pages[0].tags["InterColorProfile"].value))
    assert verify_result(str(tmp_path / "old.png"), str(tmp_path / "new.tif")).holds


def test_transparency_stays(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    alpha = np.tile(np.linspace(0, 255, gray_pixels.shape[1]).astype(np.uint8), (len(gray_pixels), 1))
    (tmp_path / "old.png").write_bytes(png(np.dstack([gray_pixels, alpha]), OLD_MAC))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.png")
    with Image.open(tmp_path / "new.png") as result:
        pixels = np.asarray(result)
    np.testing.assert_array_equal(pixels[..., 3], alpha)
    apart = np.abs(of_srgb(pixels[..., :3]) - lightness((gray_pixels / 255) ** 1.8))
    assert np.percentile(apart[:, 300:], 99.9) <= 0.5


@pytest.mark.parametrize("gamma", [LINEAR, OLD_MAC])
def test_rgb_is_shown_as_light_as_before(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, gamma: int):
    dark = (gray_pixels.astype(float) ** 2 / 255).astype(np.uint8)
    (tmp_path / "old.png").write_bytes(png(np.dstack([dark] * 3), gamma))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.png")
    with Image.open(tmp_path / "new.png") as result:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(result.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(embedded)
        apart = np.abs(of_srgb(np.asarray(result)) - lightness((dark / 255) ** (100_000 / gamma)))
    assert np.percentile(apart, 99.9) <= 0.5
    assert verify_result(str(tmp_path / "old.png"), str(tmp_path / "new.png")).holds


@pytest.mark.parametrize(
    ("gamma", "further"),
    [(USUAL, ()), (46_000, ()), (OLD_MAC, ((b"sRGB", b"\0"),)), (0, ()), (4_000_000_000, ())],
)
def test_what_says_srgb_or_nonsense_changes_nothing(
    tmp_path: Path, gray_pixels: np.ndarray, gamma: int, further: tuple[tuple[bytes, bytes], ...]
):
    (tmp_path / "old.png").write_bytes(png(gray_pixels, gamma, *further))
    photo = read_photo(tmp_path / "old.png")
    assert not photo.metadata.profiled
    np.testing.assert_array_equal(photo.thumbnail(photo.width, photo.height)[..., 0], gray_pixels)


@pytest.mark.parametrize("gray", [True, False])
def test_the_profile_is_one_for_others_too(gray: bool):
    found = ImageCms.ImageCmsProfile(io.BytesIO(profile(1 / 1.8, gray)))
    assert found.profile.xcolor_space.strip() == ("GRAY" if gray else "RGB")
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None].repeat(2, 0)).convert("L" if gray else "RGB")
    shown = ImageCms.profileToProfile(ramp, found, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert shown is not None
    linear = (np.arange(256) / 255) ** 1.8
    expected = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    np.testing.assert_allclose(np.asarray(shown)[0, :, 1], expected, atol=2)
