"""The file formats that are read and written."""

from __future__ import annotations

from typing import Literal

Format = Literal["jpeg", "png", "tiff", "webp"]

FORMATS: dict[str, Format] = {
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".webp": "webp",
}
LOADERS: dict[str, Format] = {"jpegload": "jpeg", "pngload": "png", "tiffload": "tiff", "webpload": "webp"}
SUFFIXES: dict[Format, str] = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif", "webp": ".webp"}
DEEP_FORMATS: tuple[Format, ...] = ("png", "tiff")  # those that hold 16 bits
QUALITY = 92  # of JPEG and WebP, unless the user says otherwise
READABLE = "JPEG, PNG, TIFF or WebP"
