"""EXIF that libexif does not know, and through which libvips writes, stays all the same: byte for byte where it can."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.engine.verification import verify_result
from colorizer_cli.photo.exif import MARK, ExifTags, orientation_of, without_thumbnail
from colorizer_cli.photo.exif_in_place import upright

Opener = Callable[[Path], Image.Image]
SHORT, LONG, RATIONAL, ASCII, UNDEFINED = 3, 4, 5, 2, 7
NOTE = b"MAKER\0" + bytes(range(60))


def block(order: str, orientation: int, thumbnail: bytes = b"") -> bytes:
    """A small TIFF file of tags alone, put together by hand."""
    text = b"UNICODE\0" + "Größe".encode("utf-16-be" if order == ">" else "utf-16-le")
    shot = [
        (0x9286, UNDEFINED, text),
        (0x927C, UNDEFINED, NOTE),
        (40962, SHORT, struct.pack(order + "H", 600)),
        (40963, SHORT, struct.pack(order + "H", 400)),
        (0xFDE8, ASCII, b"Owner: nobody\0"),
    ]
    first = [
        (0x0112, SHORT, struct.pack(order + "H", orientation)),
        (0x011A, RATIONAL, struct.pack(order + "II", 300, 1)),
        (0x011B, RATIONAL, struct.pack(order + "II", 600, 1)),
        (0x013C, ASCII, b"the scanner's host\0"),
        (0x4746, SHORT, struct.pack(order + "H", 4)),
        (0x8769, LONG, b""),
    ]
    small = [(0x0201, LONG, b""), (0x0202, LONG, struct.pack(order + "I", len(thumbnail)))]
    where = 8 + size(first)
    first[-1] = (0x8769, LONG, struct.pack(order + "I", where))
    last = where + size(shot)
    small[0] = (0x0201, LONG, struct.pack(order + "I", last + size(small)))
    start = (b"MM" if order == ">" else b"II") + struct.pack(order + "HI", 42, 8)
    parts = [directory(order, first, 8, last if thumbnail else 0), directory(order, shot, where, 0)]
    return start + b"".join(parts) + (directory(order, small, last, 0) + thumbnail if thumbnail else b"")


def size(entries: list[tuple[int, int, bytes]]) -> int:
    return 6 + 12 * len(entries) + sum(len(data) + len(data) % 2 for _, _, data in entries if len(data) > 4)


def directory(order: str, entries: list[tuple[int, int, bytes]], at: int, following: int) -> bytes:
    table, values = struct.pack(order + "H", len(entries)), b""
    behind = at + 6 + 12 * len(entries)
    for tag, kind, data in sorted(entries):
        count = len(data) // {SHORT: 2, LONG: 4, RATIONAL: 8}.get(kind, 1)
        field = data.ljust(4, b"\0")
        if len(data) > 4:
            field = struct.pack(order + "I", behind + len(values))
            values += data + bytes(len(data) % 2)
        table += struct.pack(order + "HHI", tag, kind, count) + field
    return table + struct.pack(order + "I", following) + values


def jpeg(gray: np.ndarray, exif: bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(gray).save(file, "JPEG", quality=95)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + MARK + exif
    return file.getvalue()[:2] + segment + file.getvalue()[2:]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif"])
def test_every_tag_is_kept(
    colorizer: Colorizer,
    tmp_path: Path,
    gray_pixels: np.ndarray,
    open_image: Opener,
    suffix: str,
    orientation: int,
    order: str,
):
    old, new = tmp_path / "old.jpg", tmp_path / f"new.{suffix}"
    old.write_bytes(jpeg(gray_pixels, block(order, orientation)))
    write_photo(colorizer.colorize(read_photo(old)), new)
    verdict = verify_result(old, new)
    assert verdict.holds, verdict.problems
    with open_image(new) as result:
        assert result.size == ((600, 400) if orientation == 1 else (400, 600))
        found = result.getexif()
        shot = found.get_ifd(0x8769)
        order_now = "be" if found.endian == ">" else "le"
    assert found[0x4746] == 4
    assert found[0x013C] == "the scanner's host"
    assert shot[0xFDE8] == "Owner: nobody"
    assert shot[0x927C] == NOTE
    assert shot[0x9286][8:].decode(f"utf-16-{order_now}") == "Größe"
    assert found.get(0x0112, 1) == 1
    if suffix != "tif":
        assert (shot[40962], shot[40963]) == ((600, 400) if orientation == 1 else (400, 600))
        assert (found[0x011A], found[0x011B]) == ((300, 600) if orientation == 1 else (600, 300))


@pytest.mark.parametrize("order", ["<", ">"])
def test_only_what_is_turned_changes(order: str):
    """So that makers' notes, which point at places in the block, stay right."""
    before = MARK + block(order, 3)
    after = upright(before, 3)
    assert after is not None
    assert [i for i in range(len(before)) if before[i] != after[i]] == [
        before.index(b"\x01\x12" if order == ">" else b"\x12\x01") + 8 + (order == ">")
    ]


@pytest.mark.parametrize("order", ["<", ">"])
def test_an_orientation_of_four_bytes_is_reset_too(order: str):
    before = block(order, 6)
    short, long = (struct.pack(order + "HHI", 0x0112, kind, 1) for kind in (3, 4))
    at = before.index(short)
    before = before[:at] + long + struct.pack(order + "I", 6) + before[at + 12 :]
    assert orientation_of(MARK + before) == 6
    assert orientation_of(upright(MARK + before, 6) or b"") == 1


@pytest.mark.parametrize("cut", range(20, 240, 20))
def test_what_is_cut_off_is_not_taken_over(cut: int):
    found = upright(MARK + block("<", 6)[:cut], 6)
    assert found is None or len(found) == len(MARK) + cut


def test_the_thumbnails_bytes_are_gone():
    picture = io.BytesIO()
    Image.new("L", (16, 16), 77).save(picture, "JPEG")
    left = without_thumbnail(MARK + block(">", 1, picture.getvalue()))
    assert left is not None
    assert picture.getvalue()[:20] not in left
    assert len(left) <= len(MARK) + len(block(">", 1, picture.getvalue())) - len(picture.getvalue())
    assert ExifTags.of_block(left).ifd0[0x4746].integers() == [4]


def test_unicode_comments_out_of_big_endian_files(colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray):
    (tmp_path / "old.jpg").write_bytes(jpeg(gray_pixels, block(">", 1)))
    write_photo(colorizer.colorize(read_photo(tmp_path / "old.jpg")), tmp_path / "new.tif")
    with tifffile.TiffFile(tmp_path / "new.tif") as result:
        assert result.byteorder == "<"
        assert result.pages[0].tags["ExifTag"].value["UserComment"] == "Größe"  # read by its byte order


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif"])
def test_resolution_that_stands_beside_the_block_goes_into_it(
    colorizer: Colorizer, tmp_path: Path, gray_pixels: np.ndarray, open_image: Opener, suffix: str, orientation: int
):
    old, new = tmp_path / "old.jpg", tmp_path / f"new.{suffix}"
    exif = Image.Exif()
    exif[0x010F], exif[0x013C], exif[0x4746], exif[0x0112] = "Agfa", "the scanner's host", 4, orientation
    Image.fromarray(gray_pixels).save(old, exif=exif, dpi=(300, 600))
    write_photo(colorizer.colorize(read_photo(old)), new)
    verdict = verify_result(old, new)
    assert verdict.holds, verdict.problems
    with open_image(new) as result:
        found = result.getexif()
    assert (found[0x010F], found[0x013C], found[0x4746]) == ("Agfa", "the scanner's host", 4)
    if suffix != "png":  # which has a place of its own
        assert (found[0x011A], found[0x011B], found[0x0128]) == ((300, 600, 2) if orientation == 1 else (600, 300, 2))
