"""Pages that libvips wrote, one TIFF file each, joined into one, with the tags that libvips does not write.

Source: TIFF 6.0, section 2; BigTIFF (Aware Systems, 2007).
"""

from __future__ import annotations

import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from colorizer_cli.photo.exif import ExifTags
from colorizer_cli.photo.tiff_directory import LONG, Directory, Entry, TiffFile, append_directory, link

SUBFILE, PAGE_NUMBER, IMAGE_DESCRIPTION, IPTC = 254, 297, 270, 33723
ASCII, UNDEFINED = 2, 7
PLACES = (273, 324)  # strip and tile offsets
BLOCK = 2**20


@dataclass(frozen=True)
class PageTags:
    """exif: a block, or None; comment: text for ImageDescription, behind what EXIF says there; iptc: records, which
    libvips would cut; subfile: TIFF's tag 254."""

    exif: bytes | None = None
    comment: str | None = None
    iptc: bytes | None = None
    subfile: int = 0

    def __bool__(self) -> bool:
        return bool(self.exif or self.comment or self.iptc or self.subfile)


def join_pages(path: Path, pages: list[Path], tags: list[PageTags]) -> None:
    """Turns the TIFF at `path` into one whose pages are itself and `pages`, in order, all with their `tags`.

    All files are little-endian, all classic or all BigTIFF, as written by libvips here. `pages` are left as they are.
    """
    with open(path, "r+b") as file:
        first = TiffFile(file)
        position = first.pointer_at
        for number, (page, more) in enumerate(zip([path, *pages], tags, strict=True)):
            if number == 0:
                base, directory = 0, first.read(first.first)[0]
            else:
                base, directory = _append_file(file, page)
            if len(tags) > 1:
                directory[PAGE_NUMBER] = Entry(3, struct.pack("<HH", number, len(tags)))
            offset, next_position = append_directory(
                file, _shifted(directory, base) | _further(file, more, first.big), first.big
            )
            link(file, position, offset, first.big)
            position = next_position


def _append_file(file: BinaryIO, page: Path) -> tuple[int, Directory]:
    """→ where the page's first byte lies now, and its directory."""
    base = file.seek(0, 2)
    base += file.write(bytes(-base % 16))
    with open(page, "rb") as source:
        shutil.copyfileobj(source, file, BLOCK)
        tiff = TiffFile(source)
        return base, tiff.read(tiff.first)[0]


def _shifted(directory: Directory, base: int) -> Directory:
    moved = dict(directory)
    for tag in PLACES:
        if base and tag in moved:
            entry = moved[tag]
            places = [place + base for place in entry.integers()]
            code = {4: "I", 16: "Q"}.get(entry.kind)
            kind, code = (entry.kind, code) if code else (LONG, "I")  # few strips may have had SHORT offsets
            moved[tag] = Entry(kind, struct.pack(f"<{len(places)}{code}", *places))
    return moved


def _further(file: BinaryIO, tags: PageTags, big: bool) -> Directory:
    found: Directory = {}
    if tags.exif:
        block = ExifTags.of_block(tags.exif)
        found |= block.ifd0
        found |= block.append_below(file, big)
    if tags.comment:
        description = found[IMAGE_DESCRIPTION].data.rstrip(b"\0 ") if IMAGE_DESCRIPTION in found else b""
        comment = tags.comment.encode("utf-8", "surrogateescape")
        if comment not in description:
            lines = [part for part in (description, comment) if part]
            found[IMAGE_DESCRIPTION] = Entry(ASCII, b"\n".join(lines) + b"\0")
    if tags.iptc:
        found[IPTC] = Entry(UNDEFINED, tags.iptc)
    if tags.subfile:
        found[SUBFILE] = Entry(LONG, struct.pack("<I", tags.subfile))
    return found
