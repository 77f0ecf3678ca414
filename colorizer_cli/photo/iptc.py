"""IPTC records (IIM) in the wrappings of JPEG, TIFF and PNG.

Sources: IPTC-NAA Information Interchange Model 4.2; Adobe Photoshop File Formats (image resource blocks); for PNG,
which has no place of its own for them, the text chunk that ImageMagick, ExifTool and exiv2 agree on.
"""

from __future__ import annotations

import struct

from colorizer_cli.photo.png_chunks import dump_of

PHOTOSHOP = b"Photoshop 3.0\0"
RESOURCE, IPTC_RESOURCE = b"8BIM", 0x0404
PNG_KEY = "Raw profile type iptc"


def from_jpeg(block: bytes) -> bytes | None:
    """The records in an APP13 block (b"Photoshop 3.0" and its resources), or None."""
    place = len(PHOTOSHOP) if block.startswith(PHOTOSHOP) else 0
    while block[place : place + 4] == RESOURCE and place + 12 <= len(block):
        kind, name_length = struct.unpack(">HB", block[place + 4 : place + 7])
        place += 6 + (1 + name_length + 1) // 2 * 2
        if place + 4 > len(block):
            return None
        size = struct.unpack(">I", block[place : place + 4])[0]
        if kind == IPTC_RESOURCE:
            return block[place + 4 : place + 4 + size] or None
        place += 4 + size + size % 2
    return None


def to_jpeg(records: bytes) -> bytes | None:
    """An APP13 block that holds the records; None where they are too many for one segment."""
    block = PHOTOSHOP + RESOURCE + struct.pack(">HHI", IPTC_RESOURCE, 0, len(records)) + records
    return block + bytes(len(block) % 2) if len(block) < 65_000 else None


def from_tiff(value: bytes) -> bytes | None:
    """TIFF wraps records in nothing, but pads them, and Adobe once declared them as 32-bit words."""
    if value[:1] != b"\x1c" and value[3:4] == b"\x1c":  # words in the other byte order
        value = b"".join(value[i : i + 4][::-1] for i in range(0, len(value), 4))
    return value.rstrip(b"\0") + b"" if value[:1] == b"\x1c" else None


def from_png(text: str) -> bytes | None:
    """A hex dump under `PNG_KEY`: name, length, digits."""
    value = dump_of(text) or b""
    return from_jpeg(value) or (value if value[:1] == b"\x1c" else None)


def to_png(records: bytes) -> str:
    """The inverse of `from_png`."""
    digits = (RESOURCE + struct.pack(">HHI", IPTC_RESOURCE, 0, len(records)) + records).hex()
    lines = [digits[i : i + 72] for i in range(0, len(digits), 72)]
    return f"\niptc\n{len(digits) // 2:8}\n" + "\n".join(lines) + "\n"
