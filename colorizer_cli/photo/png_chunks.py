"""PNG text chunks, written here because libvips cuts their keys at the first space ("Creation Time").

Source: Portable Network Graphics (PNG) Specification, third edition, 11.3.3.
"""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

HEADER_END = 33  # signature and IHDR


def insert(path: Path, texts: Mapping[str, str]) -> None:
    """Puts text chunks behind the header: the file is copied once, beside itself."""
    copy = path.with_name(path.name + ".part")
    try:
        with open(path, "rb") as source, open(copy, "wb") as target:
            target.write(source.read(HEADER_END))
            for key, text in texts.items():
                target.write(_chunk(key, text))
            shutil.copyfileobj(source, target, 2**20)
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)


def _chunk(key: str, text: str) -> bytes:
    name = key.encode("latin-1", "replace")[:79] + b"\0"
    try:
        kind, body = b"tEXt", name + text.encode("latin-1")
    except UnicodeEncodeError:
        kind, body = b"iTXt", name + bytes(4) + text.encode("utf-8", "replace")
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
