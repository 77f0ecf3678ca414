"""An EXIF block corrected where it stands, all else left byte for byte: makers' notes point at places in it, and
libexif, through which libvips writes, drops the tags it does not know (ratings, host computer, captions of later EXIF).

Source: Exif 2.32 (CIPA DC-008).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from colorizer_cli.photo.exif import (
    EXIF,
    GPS,
    MARK,
    ORIENTATION,
    RESOLUTION_UNIT,
    SIDEWAYS,
    UNITS,
    X_RESOLUTION,
    Y_RESOLUTION,
    ExifTags,
)
from colorizer_cli.photo.tiff_directory import LONG, MOST_ENTRIES, RATIONAL, SHORT, SIZES

BASE = len(MARK)  # what a block's offsets count from
RESOLUTIONS, SIDES = (X_RESOLUTION, Y_RESOLUTION), (40962, 40963)
INTEGERS = {SHORT: "H", LONG: "I"}


def upright(block: bytes, orientation: int) -> bytes | None:
    """→ the block of the photo whose `orientation` has been baked in; None where it is damaged or bites its tail."""
    tags = ExifTags.of_block(block)
    if not tags.ifd0 and not tags.exif and not tags.gps:
        return None
    if any({EXIF, GPS} & set(directory) for directory in (tags.exif, tags.gps, tags.interoperability)):
        return None
    data = bytearray(block)
    order = ">" if data[BASE : BASE + 2] == b"MM" else "<"
    try:
        first = dict(_places(data, order, struct.unpack_from(order + "I", data, BASE + 4)[0]))
        if (found := first.get(ORIENTATION)) and found[0] in INTEGERS:
            struct.pack_into(order + INTEGERS[found[0]], data, found[1], 1)
        if orientation in SIDEWAYS:
            _swap(data, first, RESOLUTIONS)
            if EXIF in first:
                shot = struct.unpack_from(order + "I", data, first[EXIF][1])[0]
                _swap(data, dict(_places(data, order, shot)), SIDES)
    except struct.error:
        return None
    return bytes(data)


def with_resolution(block: bytes, resolution: tuple[float, float], unit: str) -> bytes | None:
    """→ the block with the resolution, in pixels per millimetre, which it does not state; None where it is damaged.

    The first directory is written anew behind the rest, which stays where it is."""
    data = bytearray(block)
    order = ">" if data[BASE : BASE + 2] == b"MM" else "<"
    try:
        first = BASE + struct.unpack_from(order + "I", data, BASE + 4)[0]
        count = struct.unpack_from(order + "H", data, first)[0]
        entries = [bytes(data[at : at + 12]) for at in range(first + 2, first + 2 + 12 * count, 12)]
        following = struct.unpack_from(order + "I", data, first + 2 + 12 * count)[0]
    except struct.error:
        return None
    kept = {struct.unpack(order + "H", entry[:2])[0]: entry for entry in entries if len(entry) == 12}
    data += bytes(len(data) % 2)
    code, millimetres = next((code, length) for code, (name, length) in UNITS.items() if name == unit)
    for tag, value in zip(RESOLUTIONS, resolution, strict=True):
        kept[tag] = struct.pack(order + "HHII", tag, RATIONAL, 1, len(data) - BASE)
        data += struct.pack(order + "II", round(value * millimetres * 1000), 1000)
    kept[RESOLUTION_UNIT] = struct.pack(order + "HHIHH", RESOLUTION_UNIT, SHORT, 1, code, 0)
    struct.pack_into(order + "I", data, BASE + 4, len(data) - BASE)
    directory = b"".join(kept[tag] for tag in sorted(kept))
    return bytes(data) + struct.pack(order + "H", len(kept)) + directory + struct.pack(order + "I", following)


def _places(data: bytearray, order: str, offset: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """tag, (type, where its value stands) for each entry of the directory at `offset`. Raises struct.error."""
    count = struct.unpack_from(order + "H", data, BASE + offset)[0]
    for at in range(BASE + offset + 2, BASE + offset + 2 + 12 * min(count, MOST_ENTRIES), 12):
        tag, kind, number = struct.unpack_from(order + "HHI", data, at)
        inline = SIZES.get(kind, 0) * number <= 4
        yield tag, (kind, at + 8 if inline else BASE + struct.unpack_from(order + "I", data, at + 8)[0])


def _swap(data: bytearray, places: dict[int, tuple[int, int]], tags: tuple[int, int]) -> None:
    """Exchanges the values of two tags of one type, where both are there."""
    if any(tag not in places for tag in tags) or places[tags[0]][0] != places[tags[1]][0]:
        return
    kind, one = places[tags[0]]
    other, size = places[tags[1]][1], 8 if kind == RATIONAL else 4  # short values fill their field
    if max(one, other) + size <= len(data):
        data[one : one + size], data[other : other + size] = data[other : other + size], data[one : one + size]
