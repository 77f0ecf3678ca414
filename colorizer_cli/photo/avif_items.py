"""The EXIF item of an AVIF file, put in place of the one that libvips has written.

Source: ISO/IEC 14496-12 (ISO base media file format), 8.11: meta, iinf, iloc; ISO/IEC 23008-12, A.2.1 (Exif items).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LARGEST_META = 2**24  # bytes; libvips writes some hundred
IN_FILE = 0  # construction method: offsets count from the file's start


@dataclass(frozen=True)
class _Extent:
    """offset_at, length_at  where in the file the two numbers stand, of so many bytes; base is added to the offset"""

    offset_at: int
    offset_size: int
    length_at: int
    length_size: int
    base: int


def replace_exif(path: Path, exif: bytes) -> None:
    """`exif` is a TIFF file of tags alone. It is put at the file's end, and what was there blanked. A file without an
    EXIF item, or with one in a place of another kind, is left as it is."""
    with open(path, "r+b") as file:
        start, meta = _meta(file.read(LARGEST_META))
        extent = _exif_extent(meta, start)
        if extent is None:
            return
        offset, length = _number(meta, extent.offset_at - start, extent.offset_size), extent.length_at - start
        old = _number(meta, length, extent.length_size)
        payload = bytes(4) + exif  # how far behind this number the TIFF header is
        end = file.seek(0, 2)
        file.write(struct.pack(">I4s", 8 + len(payload), b"mdat") + payload)
        file.seek(extent.base + offset)
        file.write(bytes(old))
        for at, size, value in (
            (extent.offset_at, extent.offset_size, end + 8 - extent.base),
            (extent.length_at, extent.length_size, len(payload)),
        ):
            file.seek(at)
            file.write(value.to_bytes(size, "big"))


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, and where the content starts and ends."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1 and start + 16 <= end:
            size, head = struct.unpack_from(">Q", data, start + 8)[0], 16
        stop = end if size == 0 else start + size
        if size and size < head:
            return
        yield kind, start + head, min(stop, end)
        start = stop


def _meta(data: bytes) -> tuple[int, bytes]:
    """Where the content of the file's meta box stands, and the content, behind version and flags; or nothing."""
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"meta":
            return start + 4, data[start + 4 : end]
    return 0, b""


def _exif_extent(meta: bytes, start: int) -> _Extent | None:
    found = {kind: (first, last) for kind, first, last in _boxes(meta, 0, len(meta))}
    if b"iinf" not in found or b"iloc" not in found:
        return None
    try:
        item = _exif_item(meta, *found[b"iinf"])
        return None if item is None else _extent_of(item, meta, found[b"iloc"][0], start)
    except (struct.error, IndexError):
        return None


def _exif_item(meta: bytes, start: int, end: int) -> int | None:
    """The number of the item whose type is Exif."""
    entries = start + (6 if meta[start] == 0 else 8)  # version, flags, count
    for kind, first, _ in _boxes(meta, entries, end):
        version = meta[first]
        if kind == b"infe" and version in (2, 3):
            number, _, named = struct.unpack_from(">HH4s" if version == 2 else ">IH4s", meta, first + 4)
            if named == b"Exif":
                return int(number)
    return None


def _extent_of(item: int, meta: bytes, start: int, shift: int) -> _Extent | None:
    """The only extent of the item, where it lies in the file."""
    version, sizes, more = meta[start], meta[start + 4], meta[start + 5]
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version > 0 else 0
    wide = version == 2
    count = struct.unpack_from(">I" if wide else ">H", meta, start + 6)[0]
    at = start + (10 if wide else 8)
    for _ in range(count):
        number = struct.unpack_from(">I" if wide else ">H", meta, at)[0]
        at += 4 if wide else 2
        method = IN_FILE
        if version > 0:
            method = struct.unpack_from(">H", meta, at)[0] & 15
            at += 2
        base = _number(meta, at + 2, base_size)  # behind the data reference
        extents = struct.unpack_from(">H", meta, at + 2 + base_size)[0]
        at += 4 + base_size
        if number == item:
            offset_at = at + index_size
            usable = method == IN_FILE and extents == 1 and offset_size in (4, 8) and length_size in (4, 8)
            return (
                _Extent(shift + offset_at, offset_size, shift + offset_at + offset_size, length_size, base)
                if usable
                else None
            )
        at += extents * (index_size + offset_size + length_size)
    return None


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")
