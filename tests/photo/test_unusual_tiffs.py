"""What scanners, cameras and other programs put into TIFF, PNG and WebP files beside a plain picture."""

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.batch.coloring import _why_output_is_unusable
from colorizer_cli.engine.verification import verify_result
from colorizer_cli.errors import PhotoError
from colorizer_cli.photo.container import Container
from colorizer_cli.photo.encoding import BIGTIFF_BYTES, Encoding, saver
from colorizer_cli.photo.photo import TiffLayout


@pytest.mark.parametrize("bands", [2, 4])
def test_a_channel_that_is_no_alpha_is_refused(tmp_path: Path, gray_pixels: np.ndarray, bands: int):
    """A scanner's infrared channel: taken for alpha, it would make the photo transparent."""
    pixels = np.dstack([gray_pixels] * bands)
    options = {"photometric": "minisblack" if bands == 2 else "rgb", "planarconfig": "contig", "metadata": None}
    tifffile.imwrite(tmp_path / "ir.tif", pixels, extrasamples=[0], **options)
    with pytest.raises(PhotoError, match="no transparency"):
        read_photo(tmp_path / "ir.tif")
    tifffile.imwrite(tmp_path / "alpha.tif", pixels, extrasamples=[2], **options)
    assert read_photo(tmp_path / "alpha.tif").has_alpha


def test_raw_files_are_refused(tmp_path: Path, gray_pixels: np.ndarray):
    """Their first picture is a preview."""
    small = np.ascontiguousarray(gray_pixels[::20, ::20])
    dng = [(50706, "B", 4, (1, 4, 0, 0), True)]
    tifffile.imwrite(tmp_path / "dng.tif", small, extratags=dng, metadata=None)
    with tifffile.TiffWriter(tmp_path / "nef.tif") as file:
        file.write(small, subfiletype=1, subifds=1, metadata=None)
        file.write(gray_pixels, metadata=None)
    for name in ("dng.tif", "nef.tif"):
        with pytest.raises(PhotoError, match="raw"):
            read_photo(tmp_path / name)
    with tifffile.TiffWriter(tmp_path / "pyramid.tif") as file:
        file.write(gray_pixels, subifds=1, metadata=None)
        file.write(small, subfiletype=1, metadata=None)
    assert read_photo(tmp_path / "pyramid.tif").width == 600
    canon = b"II*\0\x10\0\0\0CR\2\0" + bytes(4)
    header = struct.pack("<HHHII", 1, 256, 4, 1, 600)
    assert Container.of(io.BytesIO(canon + header + bytes(4)), "tiff", 0).is_raw


def test_pixels_that_begin_like_canons_raw_files_are_pixels(tmp_path: Path, gray_pixels: np.ndarray):
    pixels = gray_pixels.copy()
    pixels[0, :3] = list(b"CR\2")
    pyvips.Image.new_from_array(pixels).tiffsave(str(tmp_path / "old.tif"))
    assert (tmp_path / "old.tif").read_bytes()[8:11] == b"CR\2"
    assert read_photo(tmp_path / "old.tif").width == 600


def test_an_offset_that_no_file_system_holds(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    """The tag is left out, and a batch does not take its folder for full."""
    old, new = tmp_path / "old.tif", tmp_path / "new.tif"
    tifffile.imwrite(old, gray_pixels, bigtiff=True, metadata=None, extratags=[(65000, "s", 0, "x" * 50, True)])
    data = old.read_bytes()
    where = data.index(struct.pack("<HHQ", 65000, 2, 51)) + 12
    old.write_bytes(data[:where] + struct.pack("<Q", 2**62) + data[where + 8 :])
    assert _why_output_is_unusable(str(old), str(tmp_path)) is None
    write_photo(colorizer.colorize(read_photo(old)), new)
    assert verify_result(old, new).holds


def test_resolution_without_a_unit_is_none(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    old = tmp_path / "old.tif"
    tifffile.imwrite(old, gray_pixels, resolution=(300, 300), resolutionunit="NONE", metadata=None)
    for suffix in ("tif", "jpg", "png"):
        write_photo(colorizer.colorize(read_photo(old)), tmp_path / f"new.{suffix}")
        with Image.open(tmp_path / f"new.{suffix}") as result:
            across, down = result.info.get("dpi", (72, 72))
        assert (round(float(across)), round(float(down))) == (72, 72), suffix


def test_a_key_of_a_png_that_is_not_ascii(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    Image.fromarray(gray_pixels).save(tmp_path / "plain.png")
    data, body = (tmp_path / "plain.png").read_bytes(), b"tEXtSchl\xfcssel\0Gr\xfc\xdfe"
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "old.png").write_bytes(data[:33] + chunk + data[33:])
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.png")
    with Image.open(tmp_path / "new.png") as result:
        result.load()
        assert result.text["Schlüssel"] == "Grüße"
    assert verify_result(tmp_path / "old.png", tmp_path / "new.png").holds


def test_what_is_transparent_stays_as_it_was_in_webp(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    alpha = np.full_like(gray_pixels, 255)
    alpha[:, :300] = 0
    Image.fromarray(np.dstack([gray_pixels, alpha]), "LA").save(tmp_path / "old.png")
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.png")), tmp_path / "new.webp", quality=95)
    with Image.open(tmp_path / "new.webp") as result:
        new = np.asarray(result.convert("RGBA"))
    assert (new[..., 3] == alpha).all()
    light = new[..., :3].astype(float) @ [0.2126, 0.7152, 0.0722]
    assert np.abs(light - gray_pixels)[:, :300].mean() < 8  # black there without care: some 100


def test_alpha_of_a_tiff_in_jpeg_compression(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    """libtiff's JPEG has no place for it: Deflate has."""
    alpha = np.linspace(40, 255, gray_pixels.size).reshape(gray_pixels.shape).astype(np.uint8)
    Image.fromarray(np.dstack([gray_pixels, alpha]), "LA").save(tmp_path / "old.png")
    photo = replace(read_photo(tmp_path / "old.png"), layout=TiffLayout(compression=7))
    write_photo(colorizer.colorize(photo), tmp_path / "new.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "new.tif")[..., 3], alpha)


def test_compressions_that_may_grow_turn_to_bigtiff_earlier():
    for compression, big in ((1, False), (8, False), (5, True), (32773, True)):
        options = saver("tiff", Encoding(), BIGTIFF_BYTES - 1, 16, TiffLayout(compression=compression))[1]
        assert options["bigtiff"] == big
    assert saver("tiff", Encoding(), BIGTIFF_BYTES + 1, 16)[1]["bigtiff"]


def test_a_resolution_that_is_absurd_is_not_written(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, capfd: pytest.CaptureFixture[str]
):
    exif = Image.Exif()
    exif[282], exif[283], exif[296] = 4e8, 300.0, 2
    Image.fromarray(gray_pixels).save(tmp_path / "old.webp", exif=exif)
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.webp")), tmp_path / "new.webp")
    assert read_photo(tmp_path / "new.webp").metadata.resolution[1] == pytest.approx(300 / 25.4, rel=0.01)
    assert "CRITICAL" not in capfd.readouterr().err
