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


def read_photo(source: str | Path | bytes) -> Photo:
    """A Photo from a path, from bytes, or from stdin ("-"). Only the header is decoded now.

    Raises PhotoError: missing, not readable, not a photo in a format that is read, or of a pixel type that is not.
    """
    if source == "-":
        source = sys.stdin.buffer.read()
    name = "the input" if isinstance(source, bytes) else str(source)
    if not isinstance(source, bytes):
        source = str(source)
        _check_file(source)
    with decoding(name):
        header = _load(source, sequential=True)
        form = _format(header, name)
        _check_pixels(header, name)
        upright = header.autorot()
        metadata = Metadata.of(header)
    turned = header.get("orientation") not in (1, 2) if "orientation" in header.get_fields() else False

    def open_image(sequential: bool, shrink: int) -> pyvips.Image:
        with decoding(name):
            # turning needs rows out of order: libvips then keeps the decoded photo in memory or, if large, on disk
            image = _load(source, sequential and not turned, shrink if form == "jpeg" else 1)
            return _to_srgb(image.autorot())

    return Photo(
        name=name,
        width=upright.width,
        height=upright.height,
        bits=16 if header.format == "ushort" else 8,
        has_alpha=header.hasalpha(),
        format=form,
        metadata=metadata,
        open=open_image,
    )


def _check_file(path: str) -> None:
    if not os.path.exists(path):
        raise PhotoError(f"{path}: no such file")
    if os.path.isdir(path):
        raise PhotoError(f"{path} is a folder, a photo was expected")
    if not os.access(path, os.R_OK):
        raise PhotoError(f"{path} cannot be read: permission denied")


def _load(source: str | bytes, sequential: bool, shrink: int = 1) -> pyvips.Image:
    """Opened by content, whatever the suffix says. Truncated and broken files are errors, not gray areas."""
    options: dict[str, Any] = {"access": "sequential" if sequential else "random", "fail_on": "error"}
    if shrink > 1:
        options["shrink"] = shrink
    if isinstance(source, bytes):
        return pyvips.Image.new_from_buffer(source, "", **options)
    return pyvips.Image.new_from_file(_plain_path(source), **options)


def _plain_path(path: str) -> str:
    """libvips reads options from a path that ends in [ ]: an absolute path with empty brackets is taken literally."""
    return os.path.abspath(path) + "[]" if "[" in path else path


def _format(image: pyvips.Image, name: str) -> Format:
    loader = str(image.get("vips-loader")).removesuffix("_buffer")
    if loader not in LOADERS:
        raise PhotoError(f"{name} holds {loader.removesuffix('load')} data; expected {READABLE}")
    return LOADERS[loader]


def _check_pixels(image: pyvips.Image, name: str) -> None:
    if image.format not in ("uchar", "ushort"):
        raise PhotoError(
            f"{name} has {image.format} pixels; expected 8 or 16 bits per channel. Convert it to 16-bit TIFF first"
        )


def _to_srgb(image: pyvips.Image) -> pyvips.Image:
    """Colours through the embedded profile to sRGB; without one, gray and RGB are taken as sRGB-encoded."""
    fields = image.get_fields()
    profile = bytes(image.get("icc-profile-data")) if "icc-profile-data" in fields else b""
    is_cmyk = image.interpretation == "cmyk"
    if not is_cmyk and (not profile or any(mark in profile for mark in SRGB_MARKS)):
        return image
    options = {"depth": 16, "intent": "relative"}
    try:
        # a profile that is damaged, or does not fit the channels, raises here and not while pixels flow
        return image.icc_transform("srgb", embedded=True, input_profile="cmyk" if is_cmyk else "srgb", **options)
    except pyvips.Error:
        return image.icc_transform("srgb", input_profile="cmyk", **options) if is_cmyk else image
