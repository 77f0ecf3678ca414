"""The file formats that are read and written."""

from __future__ import annotations

from typing import Literal

Format = Literal["jpeg", "png", "tiff", "webp", "avif", "heic", "gif", "bmp", "ppm", "jp2"]

FORMATS: dict[str, Format] = {  # suffixes of what is written
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".webp": "webp",
    ".avif": "avif",
    ".heic": "heic",
    ".heif": "heic",
}
READ_AS: dict[str, Format] = FORMATS | {  # suffixes of what is read; a file is judged by its content all the same
    **dict.fromkeys((".jpe", ".jfif"), "jpeg"),
    **dict.fromkeys((".ppm", ".pgm", ".pbm", ".pnm"), "ppm"),
    **dict.fromkeys((".jp2", ".j2k", ".jpf", ".jpx"), "jp2"),
    ".gif": "gif",
    ".bmp": "bmp",
    ".hif": "heic",
}
READ_SUFFIXES = frozenset(READ_AS)
SUFFIXES: dict[Format, str] = {
    "jpeg": ".jpg",
    "png": ".png",
    "tiff": ".tif",
    "webp": ".webp",
    "avif": ".avif",
    "heic": ".heic",
}
STAND_INS: dict[Format, Format] = {"gif": "png", "bmp": "png", "ppm": "png", "jp2": "tiff"}  # read, but not written
PILLOW_FORMATS: tuple[Format, ...] = ("bmp", "ppm", "jp2", "heic")  # those that Pillow decodes
DEEP_FORMATS: tuple[Format, ...] = ("png", "tiff")  # those that hold 16 bits
LOSSY_FORMATS: tuple[Format, ...] = ("jpeg", "webp", "avif", "heic")
QUALITY = 92  # of the lossy formats, unless the user says otherwise
MAX_PIXELS = 1_000_000_000  # of one page; a header that promises more is taken for a decompression bomb
READABLE = "JPEG, PNG, TIFF, WebP, GIF, BMP, PPM, JPEG 2000, AVIF or HEIC"


def written_as(form: Format) -> Format:
    """The format that a result gets if the user names none: the original's, or what stands in where that one cannot
    hold the result (a GIF has 256 colours) or is not written."""
    return STAND_INS.get(form, form)
