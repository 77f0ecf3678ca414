"""Strips computed in Python → a libvips image that pulls them as it writes: the whole photo is never in memory.

libvips has no raw-pixel source, so the strips are dressed as an uncompressed BigTIFF (TIFF 6.0; BigTIFF, Aware Systems
2007) whose header is known before any pixel is. libvips reads it from top to bottom through a custom source.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Generator, Iterator

import numpy as np
import pyvips
from numpy.typing import NDArray

SHORT, LONG, LONG8 = 3, 4, 16
FORMATS = {SHORT: "H", LONG: "I", LONG8: "Q"}
RGB, UNASSOCIATED_ALPHA = 2, 2


class StripSource:
    """Feeds strips, (rows, width, bands) each, to libvips. `image` can be written once, sequentially.

    `failure` holds what went wrong while strips were made: libvips itself only learns that the data ended.
    """

    def __init__(
        self, strips: Iterator[NDArray[np.integer]], width: int, height: int, bands: int, bits: int, rows: int
    ) -> None:
        self.failure: BaseException | None = None
        self._strips = strips
        self._header = _bigtiff_header(width, height, bands, bits, rows)
        self._size = len(self._header) + width * height * bands * bits // 8
        self._position = 0
        self._cancelled = False
        self._reading = threading.Lock()
        self._strip = memoryview(self._header)
        self._strip_start = 0
        self._source = pyvips.SourceCustom()
        self._source.on_read(self._read)
        self._source.on_seek(self._seek)

    def image(self) -> pyvips.Image:
        return pyvips.Image.tiffload_source(self._source, access="sequential", fail_on="error")

    def cancel(self) -> None:
        """Ends the stream: whoever is reading gets an error soon."""
        self._cancelled = True

    def close(self) -> None:
        """Lets go of the strips and of what they hold (threads, an open file)."""
        self._cancelled = True
        with self._reading:  # after an error libvips returns while one of its threads may still be reading
            if isinstance(self._strips, Generator):
                self._strips.close()

    def _read(self, size: int) -> memoryview | None:
        try:
            with self._reading:
                return self._next_bytes(size)
        except BaseException as failure:
            self.failure = self.failure or failure
            return None

    def _next_bytes(self, size: int) -> memoryview | None:
        if self._position < len(self._header):
            chunk = memoryview(self._header)[self._position : self._position + size]
        else:
            while self._position >= self._strip_start + len(self._strip):
                if self._cancelled:
                    return None
                self._strip_start += len(self._strip)
                strip = next(self._strips, None)
                if strip is None:
                    return None
                self._strip = np.ascontiguousarray(strip).data.cast("B")
            if self._position < self._strip_start:
                raise RuntimeError("strips were asked for out of order")
            offset = self._position - self._strip_start
            chunk = self._strip[offset : offset + size]
        self._position += len(chunk)
        return chunk

    def _seek(self, offset: int, whence: int) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position


def _bigtiff_header(width: int, height: int, bands: int, bits: int, rows: int) -> bytes:
    """Header and directory of an uncompressed RGB or RGBA BigTIFF whose strips follow at once, `rows` rows each."""
    count = -(-height // rows)
    row_bytes = width * bands * bits // 8
    tags: list[tuple[int, int, list[int]]] = [
        (256, LONG, [width]),
        (257, LONG, [height]),
        (258, SHORT, [bits] * bands),
        (259, SHORT, [1]),  # not compressed
        (262, SHORT, [RGB]),
        (273, LONG8, [0] * count),  # strip offsets, filled in below
        (277, SHORT, [bands]),
        (278, LONG, [rows]),
        (279, LONG8, [min(rows, height - i * rows) * row_bytes for i in range(count)]),
        (284, SHORT, [1]),  # channels interleaved
    ]
    if bands == 4:
        tags.append((338, SHORT, [UNASSOCIATED_ALPHA]))
    directory_end = 16 + 8 + 20 * len(tags) + 8
    data_start = directory_end + sum(_padded_size(kind, values) for _, kind, values in tags)
    tags[5] = (273, LONG8, [data_start + i * rows * row_bytes for i in range(count)])

    directory, spill = b"", b""
    for tag, kind, values in tags:
        packed = struct.pack(f"<{len(values)}{FORMATS[kind]}", *values)
        if len(packed) > 8:
            where = struct.pack("<Q", directory_end + len(spill))
            spill += packed + bytes(-len(packed) % 8)
        else:
            where = packed.ljust(8, b"\0")
        directory += struct.pack("<HHQ", tag, kind, len(values)) + where
    start = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16)
    return start + struct.pack("<Q", len(tags)) + directory + struct.pack("<Q", 0) + spill


def _padded_size(kind: int, values: list[int]) -> int:
    """Bytes that a tag's values take outside the directory: none where they fit into its 8-byte field."""
    size = struct.calcsize(FORMATS[kind]) * len(values)
    return 0 if size <= 8 else size + -size % 8
