"""JPEG 2000 files with metadata, their boxes put together by hand (ISO/IEC 15444-1, annex I)."""

import struct

EXIF = b"JpgTiffExif->JP2"
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
IPTC = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
PHOTOSHOP = bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb")


def box(kind: bytes, body: bytes, wide: bool = False) -> bytes:
    """`wide`: with a length of 64 bits."""
    if wide:
        return struct.pack(">I4sQ", 1, kind, len(body) + 16) + body
    return struct.pack(">I4s", len(body) + 8, kind) + body


def with_boxes(
    data: bytes, profile: bytes | None = None, exif: bytes | None = None, xmp: bytes | None = None, *further: bytes
) -> bytes:
    """A JP2 file with the profile in place of its colour space, and metadata before its codestream."""
    boxes = [box(b"uuid", EXIF + exif)] if exif else []
    boxes += [box(b"uuid", XMP + xmp, wide=True)] if xmp else []
    result, place = b"", 0
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + size if size else None]
        if kind == b"jp2h" and profile:
            colours = body.index(b"colr") - 4
            end = colours + struct.unpack(">I", body[colours : colours + 4])[0]
            body = body[:colours] + box(b"colr", b"\2\0\0" + profile) + body[end:]
        if kind == b"jp2c":
            result += b"".join((*boxes, *further))
        result += struct.pack(">I4s", 0 if size == 0 else len(body) + 8, kind) + body
        place += size or len(data)
    return result
