"""PNG text chunks, read and written here: libvips cuts their keys at the first space ("Creation Time"), and takes their
Latin-1 for UTF-8.

Source: Portable Network Graphics (PNG) Specification, third edition, 11.3.3.
"""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

HEADER_END = 33  # signature and IHDR
XMP_KEY = "XML:com.adobe.xmp"  # which libvips tells of
LARGEST_TEXT = 10_000_000  # bytes of one text, packed and unpacked, and of all; what goes beyond is left out


def read_texts(file: BinaryIO) -> dict[str, str]:
    """Key → text, those of one key joined by line breaks; XMP is left out, and so is what is damaged."""
    texts: dict[str, list[str]] = {}
    room = LARGEST_TEXT
    for kind, body in _text_chunks(file):
        key, _, rest = body.partition(b"\0")
        name, text = key.decode("latin-1"), _text(kind, rest, room)
        if text is not None and name != XMP_KEY:
            texts.setdefault(name, []).append(text)
            room -= len(text)
            if room <= 0:
                break
    return {name: "\n".join(parts) for name, parts in texts.items()}


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


def _text_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of every text chunk; ends quietly where the file is damaged."""
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I", head[:4])[0], head[4:]
        if kind in (b"tEXt", b"zTXt", b"iTXt") and length <= LARGEST_TEXT:
            body = file.read(length)
            if len(body) == length:
                yield kind, body
            file.seek(4, 1)
        else:
            file.seek(length + 4, 1)


def _text(kind: bytes, rest: bytes, room: int) -> str | None:
    """What stands behind a chunk's key → its text, unpacked to at most `room` bytes."""
    if kind == b"tEXt":
        return rest.decode("latin-1")
    packed, data = True, rest[1:]  # behind the method of compression, of which there is one
    if kind == b"iTXt":
        packed, parts = rest[:1] == b"\1", rest[2:].split(b"\0", 2)  # language, key in it, text
        if len(parts) < 3:
            return None
        data = parts[2]
    if packed:
        unpacking = zlib.decompressobj()
        try:
            data = unpacking.decompress(data, room)
        except zlib.error:
            return None
        if not unpacking.eof:
            return None
    return data.decode("latin-1" if kind == b"zTXt" else "utf-8", "replace")


def _chunk(key: str, text: str) -> bytes:
    name = key.encode("latin-1", "replace")[:79] + b"\0"
    try:
        kind, body = b"tEXt", name + text.encode("latin-1")
    except UnicodeEncodeError:
        kind, body = b"iTXt", name + bytes(4) + text.encode("utf-8", "replace")
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
