"""Files, bytes and stdin → Photo."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pyvips

from colorizer_cli.errors import PhotoError
from colorizer_cli.photo.failures import decoding
from colorizer_cli.photo.formats import LOADERS, READABLE, Format
from colorizer_cli.photo.metadata import Metadata
from colorizer_cli.photo.photo import Photo

SRGB_MARKS = (b"sRGB", "sRGB".encode("utf-16-be"))  # in the description of every common sRGB profile
LINEAR_MARKS = (b"inear", "inear".encode("utf-16-be"))


def read_photo(source: str | Path | bytes) -> Photo:
    """A Photo from a path, from bytes, or from stdin ("-"). Only the header is decoded now.

    Raises PhotoError: missing, not readable, not a photo in a format that is read, or of a pixel type that is not.
    """
    name, path = ("the input", None) if source == "-" or isinstance(source, bytes) else (str(source), Path(source))
    if source == "-":
        source = _read_stdin()
    elif not isinstance(source, bytes):
        source = str(source)
        _check_file(source)
        if not os.path.isfile(source):  # a pipe can be read once, a photo is decoded twice
            source = Path(source).read_bytes()
    with decoding(name):
        header = _load(source, sequential=True)
        form = _format(header, name)
        _check_pixels(header, name)
        _check_pages(header, source, name)
        upright = header.autorot()
        metadata = Metadata.of(header, upright, form)
    turned = header.get("orientation") not in (1, 2) if "orientation" in header.get_fields() else False

    def open_image(sequential: bool, shrink: int) -> pyvips.Image:
        with decoding(name):
            # turning needs rows out of order: libvips then keeps the decoded photo in memory or, if large, on disk
            image = _load(source, sequential and not turned, shrink if form == "jpeg" else 1)
            return _to_srgb(image.autorot())

    return Photo(
        name=name,
        path=path,
        width=upright.width,
        height=upright.height,
        bits=16 if header.format == "ushort" else 8,
        has_alpha=header.hasalpha(),
        format=form,
        metadata=metadata,
        open=open_image,
    )


def _is_srgb(profile: bytes) -> bool:
    """Whether an RGB profile says of itself that it is plain sRGB: then nothing needs to be converted."""
    return (
        profile[16:20] == b"RGB "
        and any(mark in profile for mark in SRGB_MARKS)
        and not any(mark in profile for mark in LINEAR_MARKS)
    )


def _check_file(path: str) -> None:
    if not os.path.exists(path):
        raise PhotoError(f"{path}: no such file")
    if os.path.isdir(path):
        raise PhotoError(f"{path} is a folder, a photo was expected")
    if not os.access(path, os.R_OK):
        raise PhotoError(f"{path} cannot be read: permission denied")


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise PhotoError("stdin is closed; expected a photo on it")
    return sys.stdin.buffer.read()


def _load(source: str | bytes, sequential: bool, shrink: int = 1, page: int = 0) -> pyvips.Image:
    """Opened by content, whatever the suffix says. Truncated and broken files are errors, not gray areas."""
    options: dict[str, Any] = {"access": "sequential" if sequential else "random", "fail_on": "error"}
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


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain_path(path: str) -> str:
    """libvips reads options from a path that ends in [ ]: an absolute path with empty brackets is taken literally."""
    return os.path.abspath(path) + "[]" if "[" in path else path


def _format(image: pyvips.Image, name: str) -> Format:
    loader = str(image.get("vips-loader")).removesuffix("_buffer").removesuffix("_source")
    if loader not in LOADERS:
        raise PhotoError(f"{name} holds {loader.removesuffix('load')} data; expected {READABLE}")
    return LOADERS[loader]


def _check_pixels(image: pyvips.Image, name: str) -> None:
    if image.format not in ("uchar", "ushort"):
        raise PhotoError(
            f"{name} has {image.format} pixels; expected 8 or 16 bits per channel. Convert it to 16-bit TIFF first"
        )


def _check_pages(image: pyvips.Image, source: str | bytes, name: str) -> None:
    """One photo a file. A smaller picture behind it is a preview of it, as scanners add them, and is left out."""
    pages = image.get("n-pages") if "n-pages" in image.get_fields() else 1
    if pages > 1 and 2 * _load(source, sequential=True, page=1).width > image.width:
        raise PhotoError(
            f"{name} has {pages} pages; expected one. Split it into single photos first, so that none is lost"
        )


def _to_srgb(image: pyvips.Image) -> pyvips.Image:
    """Colours through the embedded profile to sRGB; without one, gray and RGB are taken as sRGB-encoded."""
    fields = image.get_fields()
    profile = bytes(image.get("icc-profile-data")) if "icc-profile-data" in fields else b""
    is_cmyk = image.interpretation == "cmyk"
    if not is_cmyk and (not profile or _is_srgb(profile)):
        return image
    options = {"depth": 16, "intent": "relative"}
    try:
        # a profile that is damaged, or does not fit the channels, raises here and not while pixels flow
        return image.icc_transform("srgb", embedded=True, input_profile="cmyk" if is_cmyk else "srgb", **options)
    except pyvips.Error:
        return image.icc_transform("srgb", input_profile="cmyk", **options) if is_cmyk else image
