"""The EXIF chunk of a WebP file, put in place of the one that libvips has written.

Source: WebP Container Specification (RIFF; VP8X says which chunks there are).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

EXIF = b"EXIF"
HEADER = 12  # "RIFF", size, "WEBP"


def replace_exif(path: Path, exif: bytes) -> None:
    """`exif` is a TIFF file of tags alone. A file without an EXIF chunk is left as it is; it is copied once, beside
    itself."""
    copy = path.with_name(path.name + ".part")
    found = False
    try:
        with open(path, "rb") as source, open(copy, "wb") as target:
            target.write(source.read(HEADER))
            while len(head := source.read(8)) == 8:
                size = struct.unpack("<I", head[4:])[0]
                if head[:4] == EXIF:
                    source.seek(size + size % 2, 1)
                    target.write(EXIF + struct.pack("<I", len(exif)) + exif + bytes(len(exif) % 2))
                    found = True
                    continue
                target.write(head)
                _copy(source, target, size + size % 2)
            whole = target.tell()
            target.seek(4)
            target.write(struct.pack("<I", whole - 8))
        if found:
            copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size > 0 and (part := source.read(min(size, 2**20))):
        target.write(part)
        size -= len(part)
