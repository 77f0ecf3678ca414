"""What the boxes of a JPEG 2000 file say goes along into the result: profile, EXIF, XMP, IPTC, orientation."""

import io
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import ExifTags, Image, ImageCms

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.color.lab import linear_to_srgb
from colorizer_cli.engine.verification import verify_result
from colorizer_cli.errors import PhotoError
from colorizer_cli.photo import xmp
from colorizer_cli.photo.jp2_boxes import Jp2Extras, read_extras
from tests.photo.jp2 import EXIF, IPTC, PHOTOSHOP, XMP, box, with_boxes
from tests.photo.lightness import is_coloured, lightness_error
from tests.photo.profiles import gray_profile, profile

RECORD = b"\x1c\x02\x78\x00\x07Caption"
PACKET = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="album 7"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def jp2(pixels: np.ndarray, mode: str = "L") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "JPEG2000", irreversible=False)
    return file.getvalue()


def exif(orientation: int = 1) -> bytes:
    tags = Image.Exif()
    tags[ExifTags.Base.Artist], tags[ExifTags.Base.Orientation] = "grandfather", orientation
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "1931:05:01 10:00:00"
    return tags.tobytes()


@pytest.mark.parametrize("mark", [b"", b"Exif\0\0"])
def test_metadata_goes_into_the_result(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, mark: bytes):
    block = mark + exif().removeprefix(b"Exif\0\0")
    (tmp_path / "old.jp2").write_bytes(
        with_boxes(jp2(gray_pixels), None, block, PACKET, box(b"uuid", IPTC + RECORD), box(b"uuid", bytes(16) + b"?"))
    )
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jp2")), tmp_path / "new.tif")
    verdict = verify_result(tmp_path / "old.jp2", tmp_path / "new.tif")
    assert verdict.holds, verdict.problems
    with tifffile.TiffFile(tmp_path / "new.tif") as result:
        tags = result.pages[0].tags
        assert tags["Artist"].value == "grandfather"
        assert tags["ExifTag"].value["DateTimeOriginal"] == "1931:05:01 10:00:00"
        assert b"album 7" in bytes(tags["XMP"].value)
        assert bytes(tags[33723].value).rstrip(b"\0") == RECORD


def test_its_absence_is_told_by_verify(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    (tmp_path / "old.jp2").write_bytes(with_boxes(jp2(gray_pixels), None, exif(), PACKET))
    write_photo(colorizer.colorize(read_photo(jp2(gray_pixels))), tmp_path / "new.tif")
    told = " ".join(verify_result(tmp_path / "old.jp2", tmp_path / "new.tif").problems)
    assert "EXIF tag 315 is missing" in told
    assert "source" in told


def test_records_in_photoshops_box(gray_pixels: np.ndarray):
    resources = b"8BIM" + (0x0404).to_bytes(2, "big") + b"\0\0" + len(RECORD).to_bytes(4, "big") + RECORD
    data = with_boxes(jp2(gray_pixels), None, None, None, box(b"uuid", PHOTOSHOP + resources))
    assert read_photo(data).metadata.iptc == RECORD


@pytest.mark.parametrize("orientation", [3, 6])
def test_orientation_is_baked_in(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, orientation: int):
    (tmp_path / "old.jp2").write_bytes(with_boxes(jp2(gray_pixels), None, exif(orientation)))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jp2")), tmp_path / "new.tif")
    upright = np.rot90(gray_pixels, {3: 2, 6: -1}[orientation])
    result = tifffile.imread(tmp_path / "new.tif")
    assert result.shape[:2] == upright.shape
    assert lightness_error(upright / 255, result / 255) <= 0.5
    with Image.open(tmp_path / "new.tif") as file:
        assert file.getexif().get(ExifTags.Base.Orientation, 1) == 1


def test_a_gray_profile_is_applied(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    (tmp_path / "old.jp2").write_bytes(with_boxes(jp2(gray_pixels), gray_profile(1.0)))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jp2")), tmp_path / "new.tif")
    result = tifffile.imread(tmp_path / "new.tif")
    assert lightness_error(linear_to_srgb(gray_pixels / 255), result / 255) <= 0.5
    assert is_coloured(result)


def test_an_rgb_profile_is_kept(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    (tmp_path / "old.jp2").write_bytes(with_boxes(jp2(gray_pixels, "RGB"), profile("Adobe RGB")))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jp2")), tmp_path / "new.tif")
    assert verify_result(tmp_path / "old.jp2", tmp_path / "new.tif").holds
    with tifffile.TiffFile(tmp_path / "new.tif") as result:
        kept = bytes(result.pages[0].iccprofile)
    assert kept == profile("Adobe RGB")
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(kept)))


@pytest.mark.parametrize("length", [0, 1, 3, 7, 0xFFFFFFFF])
def test_a_damaged_box_hides_only_what_stands_behind_it(gray_pixels: np.ndarray, length: int):
    data = bytearray(with_boxes(jp2(gray_pixels), gray_profile(1.8), exif(), PACKET))
    at = data.index(EXIF) - 8
    data[at : at + 4] = length.to_bytes(4, "big")
    found = read_extras(io.BytesIO(bytes(data)))
    assert found.profile == gray_profile(1.8)
    assert found.xmp is None


@pytest.mark.parametrize("length", [0, 8, 15, 2**63, 2**64 - 1])
def test_a_damaged_long_length(gray_pixels: np.ndarray, length: int):
    data = bytearray(with_boxes(jp2(gray_pixels), None, exif(), PACKET))
    at = data.index(PACKET) - 24
    data[at : at + 8] = length.to_bytes(8, "big")
    found = read_extras(io.BytesIO(bytes(data)))
    assert found.exif is not None
    assert found.xmp is None


@pytest.mark.parametrize("first", ["empty", "full"])
def test_a_box_that_says_nothing_hides_none_that_does(gray_pixels: np.ndarray, first: str):
    resources = b"8BIM" + (0x03ED).to_bytes(2, "big") + b"\0\0" + (4).to_bytes(4, "big") + b"page"
    boxes = [box(b"uuid", PHOTOSHOP + resources), box(b"uuid", IPTC + RECORD)]
    boxes += [box(b"uuid", XMP), box(b"uuid", XMP + PACKET)]
    data = with_boxes(jp2(gray_pixels), None, None, None, *(boxes if first == "empty" else boxes[::-1]))
    assert read_extras(io.BytesIO(data)) == Jp2Extras(iptc=RECORD, xmp=PACKET)


def test_xmp_in_utf_16(gray_pixels: np.ndarray):
    packet = PACKET.decode().encode("utf-16-le")
    found = xmp.parse(read_photo(with_boxes(jp2(gray_pixels), None, None, packet)).metadata.xmp or b"")
    assert found is not None
    assert "album 7" in xmp.properties(found).values()


def test_cmyk_is_refused(gray_pixels: np.ndarray):
    """Its black would be taken for alpha."""
    press = bytes(pyvips.Operation.call("profile_load", "cmyk"))
    inks = jp2(np.dstack([gray_pixels] * 4), "RGBA")
    with pytest.raises(PhotoError, match=r"CMYK.*TIFF"):
        read_photo(with_boxes(inks, press))


def test_a_bare_codestream_has_none(gray_pixels: np.ndarray):
    data = jp2(gray_pixels)
    stream = data[data.index(b"\xff\x4f\xff\x51") :]
    assert read_extras(io.BytesIO(stream)) == Jp2Extras()
    assert read_photo(stream).width == gray_pixels.shape[1]
    assert EXIF not in stream
