"""What the boxes of a JPEG 2000 file say beside the codestream: colour profile, EXIF, XMP, IPTC. Pillow reads none.

Sources: ISO/IEC 15444-1, annex I; the UUIDs as ExifTool, exiv2 and Adobe use them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from colorizer_cli.photo import iptc

SIGNATURE = b"\0\0\0\x0cjP  "
RESTRICTED_ICC, ANY_ICC = 2, 3  # methods of a "colr" box; the first is a gray or a matrix profile
EXIF = {b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e")}
IPTC = {bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"), bytes.fromhex("09a14e97c0b442e0bebf36df6f0ce36f")}
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
PHOTOSHOP = bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb")
LARGEST_BOX = 2**26  # bytes; what goes beyond is left out
MOST_BOXES = 10_000


@dataclass(frozen=True)
class Jp2Extras:
    """profile   ICC
    exif        a TIFF file of tags alone, with or without JPEG's mark before it
    iptc        records without their wrapping
    """

    profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None


def read_extras(file: BinaryIO) -> Jp2Extras:
    """The first of each that says something. What is damaged is left out; a bare codestream has nothing."""
    found: dict[str, bytes] = {}
    file.seek(0)
    if file.read(len(SIGNATURE)) != SIGNATURE:
        return Jp2Extras()
    end = file.seek(0, 2)
    for kind, start, stop in _boxes(file, 0, end):
        if kind == b"jp2h":
            for inner, first, last in _boxes(file, start, stop):
                colours = _body(file, first, last) if inner == b"colr" else b""
                if colours[:1] and colours[0] in (RESTRICTED_ICC, ANY_ICC):
                    _keep(found, "profile", colours[3:])
        elif kind == b"uuid":
            body = _body(file, start, stop)
            _take(found, body[:16], body[16:])
    return Jp2Extras(**found)


def _take(found: dict[str, bytes], uuid: bytes, data: bytes) -> None:
    if uuid in EXIF:
        _keep(found, "exif", data)
    elif uuid == XMP:
        _keep(found, "xmp", data)
    elif uuid in IPTC:
        _keep(found, "iptc", iptc.from_tiff(data))
    elif uuid == PHOTOSHOP:
        _keep(found, "iptc", iptc.from_jpeg(data))


def _keep(found: dict[str, bytes], name: str, data: bytes | None) -> None:
    if data and data.strip(b"\0"):
        found.setdefault(name, data)


def _boxes(file: BinaryIO, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of the body of each box between `place` and `end`; ends quietly where one is damaged."""
    for _ in range(MOST_BOXES):
        file.seek(place)
        head = file.read(8)
        if len(head) < 8 or place + 8 > end:
            return
        size, kind, start = int.from_bytes(head[:4], "big"), head[4:], place + 8
        if size == 1:  # a longer length follows
            size, start = int.from_bytes(file.read(8), "big"), place + 16
        stop = end if head[:4] == bytes(4) else place + size
        if not start <= stop <= end:
            return
        yield kind, start, stop
        place = stop


def _body(file: BinaryIO, start: int, stop: int) -> bytes:
    file.seek(start)
    return file.read(stop - start) if stop - start <= LARGEST_BOX else b""
