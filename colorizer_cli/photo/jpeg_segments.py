"""JPEG segments that libvips neither reads nor writes: comments, and XMP that is larger than one segment.

Sources: ITU-T T.81 annex B (markers), Adobe XMP Specification Part 3, 1.1.3.1 (extended XMP).
"""

from __future__ import annotations

import hashlib
import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from colorizer_cli.photo.exif import MARK as EXIF_MARK
from colorizer_cli.photo.xmp import MARK as XMP_MARK

COMMENT, APP0, APP1, APP14 = 0xFE, 0xE0, 0xE1, 0xEE
START_OF_SCAN = 0xDA
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
PART = 65_000  # bytes of extended XMP in one segment
MOST_EXTENDED = 100_000_000


@dataclass(frozen=True)
class JpegExtras:
    """The texts of the comment segments, the serialised packet of the XMP's extended part, and whether Adobe's marker
    is there, by which the inks of a CMYK file are stored inverted (ITU-T T.872, 6.1)."""

    comments: tuple[bytes, ...] = ()
    extended_xmp: bytes | None = None
    adobe: bool = False


def read_extras(file: BinaryIO) -> JpegExtras:
    """Comments, and the extended part of the XMP if it is whole."""
    comments: list[bytes] = []
    parts: dict[int, bytes] = {}
    total, adobe = 0, False
    for marker, body in _segments(file):
        if marker == COMMENT:
            comments.append(body)
        elif marker == APP14 and body.startswith(b"Adobe"):
            adobe = True
        elif marker == APP1 and body.startswith(EXTENSION) and len(body) >= len(EXTENSION) + 40:
            start = len(EXTENSION) + 32  # behind the digest that names the packet
            total, offset = struct.unpack(">II", body[start : start + 8])
            parts[offset] = body[start + 8 :]
    extended = b"".join(parts[offset] for offset in sorted(parts))
    whole = 0 < len(extended) == total <= MOST_EXTENDED
    return JpegExtras(tuple(comments), extended if whole else None, adobe)


def read_exif(file: BinaryIO) -> bytes | None:
    """The EXIF block, with its mark."""
    return next((body for marker, body in _segments(file) if marker == APP1 and body.startswith(EXIF_MARK)), None)


def insert(path: Path, segments: Sequence[bytes], without_exif: bool = False) -> None:
    """Puts segments behind the JPEG's first (JFIF) one: the file is copied once, beside itself. `without_exif` leaves
    the EXIF that is there out."""
    copy = path.with_name(path.name + ".part")
    try:
        with open(path, "rb") as source, open(copy, "wb") as target:
            kept, behind = [], 2
            for marker, body in _segments(source):
                behind = source.tell()
                if not (without_exif and marker == APP1 and body.startswith(EXIF_MARK)):
                    kept.append(_segment(marker, body))
            first = 1 if kept and kept[0][1] == APP0 else 0
            target.write(b"\xff\xd8" + b"".join((*kept[:first], *segments, *kept[first:])))
            source.seek(behind)
            shutil.copyfileobj(source, target, 2**20)
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)


def exif_segment(block: bytes) -> bytes:
    """`block` with its mark; it has to fit: at most 65,533 bytes."""
    return _segment(APP1, block)


def comment_segment(text: bytes) -> bytes:
    """A text longer than a segment is cut."""
    return _segment(COMMENT, text[:65_533])


def xmp_segment(packet: bytes) -> bytes:
    """`packet` has to fit: at most 65,504 bytes."""
    return _segment(APP1, XMP_MARK + packet)


def extended_xmp_segments(packet: bytes) -> tuple[list[bytes], str]:
    """→ segments that hold a packet of any size, and the digest by which the main packet refers to it."""
    digest = hashlib.md5(packet, usedforsecurity=False).hexdigest().upper()
    segments = []
    for offset in range(0, len(packet), PART):
        place = struct.pack(">II", len(packet), offset)
        segments.append(_segment(APP1, EXTENSION + digest.encode() + place + packet[offset : offset + PART]))
    return segments, digest


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def _segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Marker and body of every segment before the first scan; ends quietly where the file is damaged."""
    file.seek(0)
    if file.read(2) != b"\xff\xd8":
        return
    while True:
        head = file.read(4)
        while len(head) == 4 and head[:2] == b"\xff\xff":  # fill bytes
            head = head[1:] + file.read(1)
        if len(head) < 4 or head[0] != 0xFF or head[1] == START_OF_SCAN:
            return
        length = struct.unpack(">H", head[2:])[0] - 2
        body = file.read(max(length, 0))
        if length < 0 or len(body) < length:
            return
        yield head[1], body
