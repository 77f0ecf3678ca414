"""Image file directories: the tags of a TIFF file or of an EXIF block, read and appended.

libvips reads and writes the pixels of TIFF files, but neither their EXIF directories nor several pages of different
sizes. Sources: TIFF 6.0 (Adobe, 1992), BigTIFF (Aware Systems, 2007), Exif 2.32 (CIPA DC-008).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

SHORT, LONG, RATIONAL, LONG8, IFD8 = 3, 4, 5, 16, 18
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
WORDS = SIZES | {5: 4, 10: 4}  # what is swapped between byte orders: a rational is two words
MOST_ENTRIES, MOST_PAGES = 4096, 10_000
LARGEST_DIRECTORY = 64_000_000  # bytes of all its values; those of a billion-pixel TIFF in one-row strips stay below


@dataclass(frozen=True)
class Entry:
    """One tag's value: TIFF type, and the packed values, little-endian whatever the file's byte order."""

    kind: int
    data: bytes

    @property
    def count(self) -> int:
        return len(self.data) // SIZES[self.kind]

    def integers(self) -> list[int]:
        """The values of a BYTE, SHORT, LONG, IFD, LONG8 or IFD8 tag; [] for other types."""
        code = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}.get(self.kind)
        return list(struct.unpack(f"<{self.count}{code}", self.data)) if code else []


Directory = dict[int, Entry]


class TiffFile:
    """Directories of an open TIFF, BigTIFF or EXIF block (without its "Exif" mark). Raises ValueError for others."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        file.seek(0)
        start = file.read(16)
        order = {b"II": "<", b"MM": ">"}.get(start[:2])
        if order is None or len(start) < 8:
            raise ValueError("not a TIFF")
        self.order = order
        version = struct.unpack(order + "H", start[2:4])[0]
        if version not in (42, 43) or (version == 43 and len(start) < 16):
            raise ValueError("not a TIFF")
        self.big = version == 43
        self.pointer_at = 8 if self.big else 4  # where the first directory's offset stands
        self.first = struct.unpack(order + ("Q" if self.big else "I"), start[8:16] if self.big else start[4:8])[0]

    def pages(self) -> Iterator[Directory]:
        """The directories of the chain; it ends where a damaged file's chain bites its tail or leaves the file."""
        seen: set[int] = set()
        offset = self.first
        while offset and offset not in seen and len(seen) < MOST_PAGES:
            seen.add(offset)
            try:
                directory, _, offset = self.read(offset)
            except ValueError:
                return
            yield directory

    def read(self, offset: int) -> tuple[Directory, int, int]:
        """→ the directory at `offset`, the position of its link to the next one, and that link.

        Tags of unknown type, or whose values lie outside the file, are left out. Raises ValueError where there is none.
        """
        count_code, entry_code, inline = ("Q", "HHQ", 8) if self.big else ("H", "HHI", 4)
        count = self._unpack(offset, count_code)[0]
        if not 0 < count <= MOST_ENTRIES:
            raise ValueError("no directory")
        size = struct.calcsize("<" + entry_code) + inline
        start = offset + struct.calcsize("<" + count_code)
        directory: Directory = {}
        room = LARGEST_DIRECTORY
        for place in range(start, start + count * size, size):
            tag, kind, number = self._unpack(place, entry_code)
            value = self._value(kind, number, place + size - inline, inline, room)
            if value is not None:
                directory.setdefault(tag, Entry(kind, value))
                room -= len(value)
        link_at = start + count * size
        try:
            following = self._unpack(link_at, "Q" if self.big else "I")[0]
        except ValueError:  # cut off right behind its only directory
            following = 0
        return directory, link_at, following

    def _value(self, kind: int, number: int, place: int, inline: int, room: int) -> bytes | None:
        length = SIZES.get(kind, 0) * number
        if not 0 < length <= room:
            return None
        try:
            where = place if length <= inline else self._unpack(place, "Q" if self.big else "I")[0]
            data = self._bytes(where, length)
        except ValueError:
            return None
        word = WORDS[kind]
        if self.order == ">" and word > 1:
            code = {2: "H", 4: "I", 8: "Q"}[word]
            numbers = struct.unpack(f">{length // word}{code}", data)
            data = struct.pack(f"<{length // word}{code}", *numbers)
        return data

    def _unpack(self, offset: int, code: str) -> tuple[int, ...]:
        return struct.unpack(self.order + code, self._bytes(offset, struct.calcsize("<" + code)))

    def _bytes(self, offset: int, length: int) -> bytes:
        if offset >= 2**63:
            raise ValueError("an offset outside of any file")
        try:
            self.file.seek(offset)
            data = self.file.read(length)
        except OSError as error:  # beyond what the file system can hold; a bad sector
            raise ValueError(str(error)) from error
        if len(data) < length:
            raise ValueError("the file ends inside a directory")
        return data


def append_directory(file: BinaryIO, directory: Directory, big: bool) -> tuple[int, int]:
    """Writes a directory, little-endian, at the end of `file`. → its offset, and the position of its (zero) link."""
    offset = _end(file)
    inline, pointer = (8, "<Q") if big else (4, "<I")
    size = (8 + 20 * len(directory) + 8) if big else (2 + 12 * len(directory) + 4)
    entries, spill = b"", b""
    for tag, entry in sorted(directory.items()):
        value = entry.data
        if len(value) > inline:
            value = struct.pack(pointer, offset + size + len(spill))
            spill += entry.data + bytes(len(entry.data) % 2)
        entries += struct.pack("<HHQ" if big else "<HHI", tag, entry.kind, entry.count) + value.ljust(inline, b"\0")
    file.write(struct.pack("<Q" if big else "<H", len(directory)) + entries + bytes(inline) + spill)
    return offset, offset + size - inline


def link(file: BinaryIO, position: int, offset: int, big: bool) -> None:
    """Writes a directory's offset at `position`: into the header, or behind the directory before it."""
    file.seek(position)
    file.write(struct.pack("<Q" if big else "<I", offset))


def _end(file: BinaryIO) -> int:
    """The end of the file, at an even position as TIFF wants it."""
    offset = file.seek(0, 2)
    if offset % 2:
        file.write(b"\0")
        offset += 1
    return offset
