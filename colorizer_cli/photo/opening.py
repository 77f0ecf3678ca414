"""What a file is, by its first bytes, and its way into libvips, whatever its name says."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pyvips

from colorizer_cli.errors import PhotoError
from colorizer_cli.photo.formats import READABLE, Format

Source = str | bytes
SIGNATURE_BYTES = 64
SIGNATURES: dict[Format, bytes] = {
    "jpeg": rb"\xff\xd8\xff",
    "png": rb"\x89PNG\r\n\x1a\n",
    "tiff": rb"II[*+]\0|MM\0[*+]",
    "webp": rb"RIFF....WEBP",
    "gif": rb"GIF8[79]a",
    "bmp": rb"BM....\0\0\0\0",
    "jp2": rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  \r\n\x87\n",
    "ppm": rb"P[1-6][\s#]",
}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def recognise(source: Source, name: str) -> Format:
    """The format by content. Raises PhotoError: nothing else is ever handed to a decoder."""
    if isinstance(source, bytes):
        start = source[:SIGNATURE_BYTES]
    else:
        try:
            with open(source, "rb") as file:
                start = file.read(SIGNATURE_BYTES)
        except OSError as error:
            raise PhotoError(f"{name} cannot be read: {error.strerror}") from error
    form = _signature(start)
    if form is None:
        what = "is empty" if not start else "is not a photo in a format that is read"
        raise PhotoError(f"{name} {what}; expected a whole {READABLE} file")
    return form


def _signature(start: bytes) -> Format | None:
    if start[4:8] == b"ftyp":
        brands = {start[place : place + 4] for place in range(8, len(start), 4)}
        return "avif" if b"avif" in brands else "heic" if brands & HEIC_BRANDS else None
    return next((form for form, pattern in SIGNATURES.items() if re.match(pattern, start, re.DOTALL)), None)


def load(source: Source, form: Format, sequential: bool, shrink: int = 1, page: int = 0) -> pyvips.Image:
    """Truncated and broken files are errors, not gray areas. Raises pyvips.Error."""
    # libjpeg calls it a warning where data ends before its picture does, and fills the rest with gray
    fail_on = "warning" if form == "jpeg" else "error"
    options: dict[str, Any] = {"access": "sequential" if sequential else "random", "fail_on": fail_on}
    if shrink > 1:
        options["shrink"] = shrink
    if page:
        options["page"] = page
    if isinstance(source, bytes):
        return pyvips.Image.new_from_buffer(source, "", **options)
    if not _is_utf8(source):  # old archives have such names; libvips takes none
        with open(source, "rb") as file:
            return pyvips.Image.new_from_source(pyvips.Source.new_from_descriptor(file.fileno()), "", **options)
    return pyvips.Image.new_from_file(_plain_path(source), **options)


def check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    """Raises PhotoError before a decompression bomb is decoded."""
    if width * height > max_pixels:
        raise PhotoError(
            f"{name} claims {width} × {height} pixels, at most {max_pixels} are read; "
            "if the file is what it claims to be, raise --max-pixels"
        )


def encoded_bytes(source: Source) -> bytes:
    """The whole file."""
    return source if isinstance(source, bytes) else Path(source).read_bytes()


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain_path(path: str) -> str:
    """libvips reads options from a path that ends in [ ]: an absolute path with empty brackets is taken literally."""
    return os.path.abspath(path) + "[]" if "[" in path else path
