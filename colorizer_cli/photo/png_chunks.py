"""PNG's chunks of metadata, read and written here: libvips cuts texts' keys at the first space ("Creation Time"), takes
their Latin-1 for UTF-8, and sees nothing that stands behind the pixels.

Source: Portable Network Graphics (PNG) Specification, third edition, 11.3.
"""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from colorizer_cli.photo.png_gamma import stated_gamma
from colorizer_cli.photo.xmp import MARK as XMP_MARK

HEADER_END = 33  # signature and IHDR
XMP_KEY = "XML:com.adobe.xmp"
XMP_PROFILE = "Raw profile type xmp"
RAW_PROFILES = {XMP_PROFILE, "Raw profile type exif", "Raw profile type APP1"}  # the last holds either
WANTED = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"pHYs", b"gAMA", b"sRGB", b"cICP", b"iCCP")
STATES_COLOUR = (b"sRGB", b"cICP", b"iCCP")  # any of these counts before gAMA
LARGEST_TEXT = 10_000_000  # bytes of one text, packed and unpacked, and of all; what goes beyond is left out


@dataclass(frozen=True)
class PngExtras:
    """texts     key → text, those of one key joined by line breaks
    exif, xmp   wherever they stand: libvips stops reading at the pixels, and some programs write them behind those
    exif_text, xmp_text   out of "Raw profile type …" texts, hex dumps in which ImageMagick and others keep them
    has_density whether the pixels have a size, in metres
    gamma       where it is stated, counts, and is not sRGB's
    """

    texts: dict[str, str]
    exif: bytes | None = None
    xmp: bytes | None = None
    exif_text: bytes | None = None
    xmp_text: bytes | None = None
    has_density: bool = False
    gamma: float | None = None


def read_extras(file: BinaryIO) -> PngExtras:
    """What is damaged is left out."""
    texts: dict[str, list[str]] = {}
    exif = xmp = exif_text = xmp_text = None
    has_density, room = False, LARGEST_TEXT
    gamma, says_more = None, False
    for kind, body in _chunks(file):
        if kind == b"eXIf":
            exif = exif or body
        elif kind == b"pHYs":
            has_density = body[8:] == b"\1"
        elif kind == b"gAMA":
            gamma = stated_gamma(body)
        elif kind in STATES_COLOUR:
            says_more = True
        elif room > 0:
            key, _, rest = body.partition(b"\0")
            name, text = key.decode("latin-1"), _text(kind, rest, room)
            if text is None:
                continue
            room -= len(text)
            if name == XMP_KEY:
                xmp = xmp or text.encode()
            elif name in RAW_PROFILES and (dumped := dump_of(text)) is not None:
                if name == XMP_PROFILE or dumped.startswith(XMP_MARK):
                    xmp_text = xmp_text or dumped.removeprefix(XMP_MARK)
                else:
                    exif_text = exif_text or dumped
            else:
                texts.setdefault(name, []).append(text)
    joined = {name: "\n".join(parts) for name, parts in texts.items()}
    return PngExtras(joined, exif, xmp, exif_text, xmp_text, has_density, None if says_more else gamma)


def dump_of(text: str) -> bytes | None:
    """The bytes of a raw profile's hex dump: name, length, digits."""
    try:
        return bytes.fromhex("".join(text.split()[2:])) or None
    except ValueError:
        return None


def insert(path: Path, texts: Mapping[str, str], exif: bytes | None = None) -> None:
    """Puts text chunks behind the header, and EXIF, a TIFF file of tags alone, in place of the EXIF that is there: the
    file is copied once, beside itself."""
    copy = path.with_name(path.name + ".part")
    try:
        with open(path, "rb") as source, open(copy, "wb") as target:
            target.write(source.read(HEADER_END))
            for key, text in texts.items():
                target.write(_text_chunk(key, text))
            if exif is not None:
                target.write(_chunk(b"eXIf", exif))
                _copy_until_pixels(source, target)
            shutil.copyfileobj(source, target, 2**20)
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of every chunk that is wanted; ends quietly where the file is damaged."""
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I", head[:4])[0], head[4:]
        if kind in WANTED and length <= LARGEST_TEXT:
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


def _copy_until_pixels(source: BinaryIO, target: BinaryIO) -> None:
    """All chunks but EXIF's; `source` then stands at the pixels."""
    while len(head := source.read(8)) == 8:
        if head[4:] == b"IDAT":
            source.seek(-8, 1)
            return
        rest = source.read(struct.unpack(">I", head[:4])[0] + 4)
        if head[4:] != b"eXIf":
            target.write(head + rest)


def _text_chunk(key: str, text: str) -> bytes:
    name = key.encode("latin-1", "replace")[:79] + b"\0"
    try:
        kind, body = b"tEXt", name + text.encode("latin-1")
    except UnicodeEncodeError:
        kind, body = b"iTXt", name + bytes(4) + text.encode("utf-8", "replace")
    return _chunk(kind, body)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
