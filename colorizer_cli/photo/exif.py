"""EXIF blocks: made from the directories of a TIFF file, taken apart for writing into one, read for libvips.

Block means the bytes of a JPEG's APP1 segment: b"Exif\\0\\0", then a small TIFF file with the tags alone.
Source: Exif 2.32 (CIPA DC-008), TIFF 6.0.
"""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

import pyvips

from colorizer_cli.photo.tiff_directory import IFD8, LONG, RATIONAL, Directory, Entry, TiffFile, append_directory, link

MARK = b"Exif\0\0"
EXIF, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005
ORIENTATION = 274
SIDEWAYS = range(5, 9)  # orientations that make rows of columns
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
UNITS = {2: ("in", 25.4), 3: ("cm", 10.0)}  # code → name, millimetres
USER_COMMENT, GPS_TEXTS, UNICODE = 0x9286, (0x1B, 0x1C), b"UNICODE\0"
# What describes the pixels' storage, and what other parts of the tool carry (resolution, XMP, IPTC, profile), is not
# copied from one file into another; nor are tags that point at places in the file.
STRUCTURE = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 282, 283, 284}
    | {288, 289, 290, 291, 292, 293, 296, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 334, 336}
    | {338, 339, 340, 341, 342, 343, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 559}
    | {700, 32997, 32998, 33723, 34377, 34675, 37724, 50255, EXIF, GPS, INTEROPERABILITY, 40965}
)
LARGEST_TAGS = (16_000, 1024, 64, 8)  # bytes; a block has to fit into one JPEG segment of 65,535
LARGEST_KEPT = 2**24  # bytes of a tag, where the container has no limit of its own
LARGEST_BLOCK = 65_000
SEGMENT = 65_533  # bytes that follow the length of a JPEG segment


class ExifTags:
    """The directories of a block: ifd0 (the photo), exif (the shot), gps; each {tag: Entry}, empty where absent."""

    def __init__(self, ifd0: Directory, exif: Directory, gps: Directory, interoperability: Directory) -> None:
        self.ifd0, self.exif, self.gps, self.interoperability = ifd0, exif, gps, interoperability

    @classmethod
    def of(cls, file: BinaryIO, page: int = 0) -> ExifTags:
        """From a TIFF file's page or from a block behind its mark. What is damaged is left out."""
        try:
            tiff = TiffFile(file)
        except ValueError:
            return cls({}, {}, {}, {})
        found = next((pages for number, pages in enumerate(tiff.pages()) if number == page), {})
        if found.get(270, Entry(2, b"")).data.startswith(b'{"shape":'):  # a note on storage, of the tifffile library
            del found[270]
        exif, gps = _below(tiff, found, EXIF), _below(tiff, found, GPS)
        if tiff.order == ">":
            _swap_unicode(exif, gps)
        return cls(
            {tag: entry for tag, entry in found.items() if tag not in STRUCTURE and tag != ORIENTATION},
            exif,
            gps,
            _below(tiff, exif, INTEROPERABILITY),
        )

    @classmethod
    def of_block(cls, block: bytes) -> ExifTags:
        return cls.of(io.BytesIO(block.removeprefix(MARK)))

    def block(self, whole: bool = False) -> bytes | None:
        """→ an EXIF block, or None where there is nothing to say. It fits into a JPEG segment: of oversized tags the
        largest are left out, unless the `whole` is wanted."""
        for largest in (LARGEST_KEPT,) if whole else LARGEST_TAGS:
            file = io.BytesIO(struct.pack("<2sHI", b"II", 42, 8))
            directory = self.append_below(file, big=False, largest=largest)
            directory |= _small(self.ifd0, largest)
            if not directory:
                return None
            offset, _ = append_directory(file, directory, big=False)
            link(file, 4, offset, big=False)
            if whole or len(file.getvalue()) < LARGEST_BLOCK:
                return MARK + file.getvalue()
        return None

    def append_below(self, file: BinaryIO, big: bool, largest: int = 2**31) -> Directory:
        """Writes the Exif and GPS directories to the end of `file`. → the tags of ifd0 that point at them."""
        pointers: Directory = {}
        exif = _small(self.exif, largest)
        if self.interoperability:
            offset, _ = append_directory(file, self.interoperability, big)
            exif[INTEROPERABILITY] = _pointer(offset, big)
        for tag, directory in ((EXIF, exif), (GPS, _small(self.gps, largest))):
            if directory:
                offset, _ = append_directory(file, directory, big)
                pointers[tag] = _pointer(offset, big)
        return pointers


def for_segment(block: bytes | None) -> bytes | None:
    """EXIF as some container holds it, PNG and WebP without the mark and of any size → a block."""
    if block is None:
        return None
    block = block if block.startswith(MARK) else MARK + block
    return block if len(block) <= SEGMENT else ExifTags.of_block(block).block()


def orientation_of(block: bytes) -> int | None:
    """1…8, or None where the block says nothing of it."""
    try:
        found = next(TiffFile(io.BytesIO(block.removeprefix(MARK))).pages(), {})
    except ValueError:
        return None
    values = found[ORIENTATION].integers() if ORIENTATION in found else []
    return values[0] if values and 1 <= values[0] <= 8 else None


def resolution_of(block: bytes) -> tuple[float, float, str] | None:
    """Pixels per millimetre, across and down, and the unit's name, "in" or "cm"; None where the block has none."""
    try:
        found = next(TiffFile(io.BytesIO(block.removeprefix(MARK))).pages(), {})
    except ValueError:
        return None
    units = found[RESOLUTION_UNIT].integers() if RESOLUTION_UNIT in found else [2]
    unit, millimetres = UNITS.get(units[0] if units else 0, ("", 0.0))
    values = [_rational(found.get(tag)) for tag in (X_RESOLUTION, Y_RESOLUTION)]
    if not millimetres or min(values) <= 0:
        return None
    return values[0] / millimetres, values[1] / millimetres, unit


def _rational(entry: Entry | None) -> float:
    if entry is None or entry.kind != RATIONAL:
        return 0.0
    above, below = struct.unpack_from("<II", entry.data)
    return above / below if below else 0.0


def without_thumbnail(block: bytes | None) -> bytes | None:
    """The block with the first directory's link to the second, the thumbnail's, cut, and the picture blanked: it shows
    the photo in gray."""
    if block is None or len(block) < len(MARK) + 8:
        return block
    order = "<" if block[len(MARK) : len(MARK) + 2] == b"II" else ">"
    first = len(MARK) + struct.unpack_from(f"{order}I", block, len(MARK) + 4)[0]
    if first + 2 > len(block):
        return block
    link_at = first + 2 + 12 * struct.unpack_from(f"{order}H", block, first)[0]
    if link_at + 4 > len(block):
        return block
    start, end = _thumbnail(block, struct.unpack_from(f"{order}I", block, link_at)[0])
    data = bytearray(block)
    data[link_at : link_at + 4] = bytes(4)
    data[start:end] = bytes(end - start)
    return bytes(data[:start] if end == len(data) else data)


def _thumbnail(block: bytes, offset: int) -> tuple[int, int]:
    """Where its JPEG stands, by the directory at `offset`; at the block's end, and empty, where there is none."""
    try:
        found = TiffFile(io.BytesIO(block.removeprefix(MARK))).read(offset)[0] if offset else {}
    except ValueError:
        found = {}
    places = [found[tag].integers()[:1] for tag in (513, 514) if tag in found]
    if len(places) < 2 or not all(places):
        return len(block), len(block)
    start = len(MARK) + places[0][0]
    end = start + places[1][0]
    is_picture = end <= len(block) and block[start : start + 2] == b"\xff\xd8"
    return (start, end) if is_picture else (len(block), len(block))


def fields(block: bytes) -> dict[str, str]:
    """The block's entries as libvips names and spells them (exif-ifd0-Make …): it writes EXIF back from these."""
    tiny = pyvips.Image.black(1, 1).jpegsave_buffer(keep="none")
    segment = b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    image = pyvips.Image.jpegload_buffer(tiny[:2] + segment + tiny[2:])
    return fields_of(image)


def fields_of(image: pyvips.Image) -> dict[str, str]:
    """Without the thumbnail's directory (it would show the photo without colour) and the orientation (baked in)."""
    return {
        name: str(image.get(name))
        for name in image.get_fields()
        if name.startswith("exif-ifd") and not name.startswith("exif-ifd1") and not name.endswith("-Orientation")
    }


def _swap_unicode(exif: Directory, gps: Directory) -> None:
    """Text in 16-bit units is in the file's byte order, though the tags that hold it are of no type."""
    for directory, tag in ((exif, USER_COMMENT), *((gps, tag) for tag in GPS_TEXTS)):
        if tag in directory and directory[tag].data.startswith(UNICODE):
            units = directory[tag].data[len(UNICODE) :]
            swapped = b"".join(units[i : i + 2][::-1] for i in range(0, len(units), 2))
            directory[tag] = Entry(directory[tag].kind, UNICODE + swapped)


def _below(tiff: TiffFile, directory: Directory, tag: int) -> Directory:
    offsets = directory[tag].integers() if tag in directory else []
    if not offsets:
        return {}
    try:
        return tiff.read(offsets[0])[0]
    except ValueError:
        return {}


def _small(directory: Directory, largest: int) -> Directory:
    return {tag: item for tag, item in directory.items() if len(item.data) <= largest and tag != INTEROPERABILITY}


def _pointer(offset: int, big: bool) -> Entry:
    return Entry(IFD8, struct.pack("<Q", offset)) if big else Entry(LONG, struct.pack("<I", offset))
