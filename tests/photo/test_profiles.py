"""RGB profiles are honoured and kept; gray and CMYK ones become sRGB. Checked with littleCMS through Pillow."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image, ImageCms
from skimage.color import rgb2lab

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.color.lab import linear_to_srgb
from colorizer_cli.engine.verification import verify_result
from colorizer_cli.photo.gray_profile import srgb_table
from colorizer_cli.photo.rgb_profile import RgbProfile, is_srgb
from tests.photo.lightness import is_coloured, lightness_error
from tests.photo.profiles import SPACES, gray_profile, icc, parametric, profile, sampled

Opener = Callable[[Path], Image.Image]


@pytest.mark.parametrize("space", list(SPACES))
def test_rgb_profiles_are_kept(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, space: str, open_image: Opener
):
    data = profile(space)
    Image.fromarray(gray_pixels).convert("RGB").save(tmp_path / "old.png", icc_profile=data)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.png")
    result = open_image(tmp_path / "new.png")
    assert result.info["icc_profile"] == data
    verdict = verify_result(tmp_path / "old.png", tmp_path / "new.png")
    assert verdict.holds, verdict.problems
    # what littleCMS makes of both files: the same lightness, and colour
    lab = ImageCms.createProfile("LAB")
    seen = ImageCms.ImageCmsProfile(io.BytesIO(data))
    to_lab = ImageCms.buildTransform(seen, lab, "RGB", "LAB")
    before, after = (
        np.asarray(ImageCms.applyTransform(open_image(tmp_path / f"{n}.png"), to_lab)) for n in ("old", "new")
    )
    difference = np.abs(after[..., 0].astype(int) - before[..., 0]) * 100 / 255
    assert np.percentile(difference, 90) <= 2  # D50 and D65 see lightness of strong colours a little differently
    assert np.abs(after[..., 1:].astype(np.int8).astype(int)).mean() > 3


def test_16_bits_in_a_profile(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    deep = np.dstack([gray_pixels.astype(np.uint16) * 257] * 3)
    tifffile.imwrite(tmp_path / "old.tif", deep, photometric="rgb", iccprofile=profile("ProPhoto"), metadata=None)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.tif")), tmp_path / "new.tif")
    assert verify_result(tmp_path / "old.tif", tmp_path / "new.tif").holds
    with tifffile.TiffFile(tmp_path / "new.tif") as result:
        assert result.pages[0].iccprofile == profile("ProPhoto")
        pixels = result.asarray()
    # lightness by the profile's columns and exponent, computed here: luminance after Bradford's adaptation to D65
    columns, gamma = SPACES["ProPhoto"]
    luminance = (pixels / 65535) ** gamma @ np.array(columns) @ [-0.0282895, 1.0099416, 0.0210077]
    assert (
        lightness_error(linear_to_srgb((deep[..., 0] / 65535) ** gamma), np.dstack([linear_to_srgb(luminance)] * 3))
        <= 0.05
    )


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("gamma", [1.0, 1.8])
def test_gray_profiles_are_applied_by_their_curve(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, gamma: float, bits: int, open_image: Opener
):
    pixels = gray_pixels if bits == 8 else gray_pixels.astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "old.tif", pixels, iccprofile=gray_profile(gamma), metadata=None)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.tif")), tmp_path / "new.tif")
    result = tifffile.imread(tmp_path / "new.tif")
    assert result.dtype == pixels.dtype
    shown = linear_to_srgb((gray_pixels / 255) ** gamma)  # as sRGB has it
    assert lightness_error(shown, result / np.iinfo(result.dtype).max) <= (0.5 if bits == 8 else 0.05)
    assert is_coloured(result / np.iinfo(result.dtype).max * 255)
    with tifffile.TiffFile(tmp_path / "new.tif") as file:
        assert colour_space(file.pages[0].iccprofile) in (None, "RGB")


DOT_GAIN_20 = [max(0.0, 1 - (1 - x) ** 0.75 * (1 - 0.25 * x)) ** 1.75 for x in np.linspace(0, 1, 64)]
CURVES = {
    "power": parametric(0, 1.8),
    "power from a point on": parametric(1, 2.2, 0.9, 0.1),
    "power above a floor": parametric(2, 2.2, 0.85, 0.12696, 0.05),
    "sRGB's": parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
    "with all of its numbers": parametric(4, 2.0, 0.9, 0.1, 0.42, 0.3, 0.0, 0.0109),
    "a printer's dot gain": sampled(DOT_GAIN_20),
}


@pytest.mark.parametrize("kind", list(CURVES))
def test_gray_curves_of_every_kind_as_littlecms_has_them(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, kind: str
):
    data = icc(b"GRAY", {b"kTRC": CURVES[kind]})
    Image.fromarray(gray_pixels).save(tmp_path / "old.png", icc_profile=data)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.png")
    spaces = ImageCms.ImageCmsProfile(io.BytesIO(data)), ImageCms.createProfile("sRGB")
    relative = ImageCms.Intent.RELATIVE_COLORIMETRIC  # others move the black point
    seen = ImageCms.profileToProfile(Image.fromarray(gray_pixels), *spaces, relative, outputMode="RGB")
    assert seen is not None
    with Image.open(tmp_path / "new.png") as new:
        before, after = (rgb2lab(np.asarray(image))[..., 0] for image in (seen, new))
    assert np.percentile(np.abs(after - before), 99.9) < 1  # both are rounded to 8 bits
    plain = rgb2lab(np.dstack([gray_pixels] * 3))[..., 0]
    assert kind == "sRGB's" or np.abs(plain - before).max() > 3


@pytest.mark.parametrize("form", ["TIFF", "JPEG"])
def test_cmyk_goes_through_its_profile(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, form: str):
    """Inks of a printing press, whose gray has some colour and no deep black: light as littleCMS makes it of them."""
    press = bytes(pyvips.Operation.call("profile_load", "cmyk"))
    spaces = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")), ImageCms.ImageCmsProfile(io.BytesIO(press))
    rgb = Image.fromarray(gray_pixels).convert("RGB")
    relative = {"renderingIntent": ImageCms.Intent.RELATIVE_COLORIMETRIC}
    inks = ImageCms.profileToProfile(rgb, *spaces, outputMode="CMYK", **relative)
    assert inks is not None
    options = {"quality": 100, "subsampling": 0} if form == "JPEG" else {}
    inks.save(tmp_path / "old", form, icc_profile=press, **options)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old")), tmp_path / "new.png")
    with Image.open(tmp_path / "old") as stored, Image.open(tmp_path / "new.png") as new:
        assert stored.info["icc_profile"] == press
        seen = ImageCms.profileToProfile(stored, *spaces[::-1], outputMode="RGB", **relative)
        assert colour_space(new.info.get("icc_profile")) in (None, "RGB")
        result = np.asarray(new)
    assert seen is not None
    before, after = (rgb2lab(np.asarray(image))[..., 0] for image in (seen, result))
    assert np.percentile(np.abs(after - before), 99.9) < 1.5
    naive = rgb2lab(np.asarray(inks.convert("RGB")))[..., 0]  # what inks look like without their profile
    assert np.percentile(np.abs(naive - before), 99.9) > 5
    assert is_coloured(result)


PROFILES = {
    "gray": gray_profile(2.2),
    "RGB": profile("Adobe RGB"),
    "cut": profile("Adobe RGB")[:300],
    "garbage": bytes(range(256)) * 4,
}


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_no_result_has_a_profile_that_does_not_fit(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, mode: str, suffix: str, open_image: Opener
):
    """Whatever profile the original had, fitting or not, whole or not."""
    for name, data in PROFILES.items():
        Image.fromarray(gray_pixels).convert(mode).save(tmp_path / f"{name}.tif", icc_profile=data)
        write_photo(colorizer.colorize(read_photo(tmp_path / f"{name}.tif")), tmp_path / f"{name}-new.{suffix}")
        result = open_image(tmp_path / f"{name}-new.{suffix}")
        assert result.mode == "RGB"
        assert is_coloured(np.asarray(result)), name
        assert colour_space(result.info.get("icc_profile")) in (None, "RGB"), name


def colour_space(data: bytes | None) -> str | None:
    if not data:
        return None
    return str(ImageCms.ImageCmsProfile(io.BytesIO(data)).profile.xcolor_space).strip()


DAMAGED_CURVES = {
    "none": icc(b"GRAY", {}),
    "empty table": icc(b"GRAY", {b"kTRC": b"curv" + bytes(4) + struct.pack(">I", 5)}),
    "falling": icc(b"GRAY", {b"kTRC": b"curv" + bytes(4) + struct.pack(">I3H", 3, 65535, 30000, 0)}),
    "unknown": icc(b"GRAY", {b"kTRC": b"para" + bytes(4) + struct.pack(">HH", 99, 0)}),
    "cut": gray_profile(2.2)[:180],
}


@pytest.mark.parametrize("damage", list(DAMAGED_CURVES))
def test_damaged_gray_profiles_are_none(damage: str):
    assert srgb_table(DAMAGED_CURVES[damage], 8) is None


def test_srgb_is_known_by_its_numbers():
    assert is_srgb(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert not any(is_srgb(profile(space)) for space in SPACES)


@pytest.mark.parametrize("damage", ["cut", "zeros", "curve"])
def test_damaged_profiles_are_none(damage: str):
    data = profile("Adobe RGB")
    broken = {"cut": data[:200], "zeros": data[:132] + bytes(len(data) - 132), "curve": data.replace(b"curv", b"xxxx")}
    assert RgbProfile.parse(broken[damage]) is None
