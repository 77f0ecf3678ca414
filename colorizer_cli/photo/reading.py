"""Files, bytes and stdin → Photo."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pyvips

from colorizer_cli.errors import PhotoError
from colorizer_cli.photo.container import Container
from colorizer_cli.photo.conversion import without_profile
from colorizer_cli.photo.failures import decoding
from colorizer_cli.photo.formats import MAX_PIXELS, PILLOW_FORMATS, Format
from colorizer_cli.photo.gray_profile import srgb_table, without_gray_profile
from colorizer_cli.photo.metadata import Metadata, has_field
from colorizer_cli.photo.opening import Source, check_size, encoded_bytes, load, recognise
from colorizer_cli.photo.photo import Photo
from colorizer_cli.photo.rgb_profile import RgbProfile, is_srgb
from colorizer_cli.photo.tiles import on_disk, pixel_bytes

if TYPE_CHECKING:
    from colorizer_cli.photo.pillow_decoding import PillowFile

CHANNELS = {"b-w": 1, "grey16": 1, "srgb": 3, "rgb16": 3, "cmyk": 4}  # of colour, by libvips' interpretation
HELD_BYTES = 2**26  # what the pixels of a photo that is to be turned may take in memory

TURNED_BY_DECODER: tuple[Format, ...] = ("avif", "heic")


def read_photo(
    source: str | Path | bytes, *, page: int = 0, max_pixels: int = MAX_PIXELS, orientation: int | None = None
) -> Photo:
    """A Photo from a path, from bytes, or from stdin ("-"); only the header is decoded now, where the format allows.

    `page` chooses one photo of a TIFF that holds several (Photo.pages of them). `orientation`, EXIF's, 1…8, counts in
    place of the file's own; not in AVIF and HEIC, whose decoder has turned the photo already.
    Raises PhotoError: missing, not readable, not a photo in a format that is read, of a pixel type that is not, more
    pixels than `max_pixels`, or animated.
    """
    name, path = ("the input", None) if source == "-" or isinstance(source, bytes) else (str(source), Path(source))
    encoded = _accessible(source)
    form = recognise(encoded, name)
    pillow = _read_by_pillow(encoded, form, name, max_pixels) if form in PILLOW_FORMATS else None
    with decoding(name):
        header = load(encoded, form, sequential=True, page=page) if pillow is None else pillow.header
        check_size(header.width, header.height, name, max_pixels)
        _check_pixels(header, name)
        with _open_for_tags(encoded) as file:
            container = Container.of(file, form, page)
        _check_kind(header, container, name)
        if orientation is not None and form not in TURNED_BY_DECODER:
            container = replace(container, orientation=orientation, orientation_counts=True)
        header = container.described(header)
        upright = header.autorot()
        pages = _pages(header, container, form, name)
        stated = int(header.get("orientation")) if has_field(header, "orientation") else 1
        lies = stated if stated in range(1, 9) else 1
        metadata = container.complete(Metadata.of(header, upright, form, container.texts)).turned(lies)
    turned = lies > 2

    def decoded(sequential: bool, shrink: int) -> pyvips.Image:
        return load(encoded, form, sequential, shrink if form == "jpeg" else 1, page)

    @cache
    def decoded_on_disk() -> pyvips.Image:
        return on_disk(decoded(True, 1))

    def open_image(sequential: bool, shrink: int) -> pyvips.Image:
        with decoding(name):
            if pillow is not None:
                return _to_srgb(container.described(pillow.decode()).autorot())
            # turning needs rows out of order
            if turned and pixel_bytes(header) > HELD_BYTES and (shrink == 1 or form != "jpeg"):
                image = decoded_on_disk()
            else:
                image = decoded(sequential and not turned, shrink)
            inverted = container.plain_inks and image.interpretation == "cmyk"
            return _to_srgb(container.described(image.invert() if inverted else image).autorot())

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
        encoded=lambda: encoded_bytes(encoded),
        page=page,
        pages=pages,
        read_page=lambda number: read_photo(encoded, page=number, max_pixels=max_pixels, orientation=orientation),
        layout=container.layout,
        is_rgb=header.bands >= 3,
        two_level=has_field(header, "bits-per-sample") and header.get("bits-per-sample") == 1 and header.bands == 1,
    )


def _read_by_pillow(encoded: Source, form: Format, name: str, max_pixels: int) -> PillowFile:
    from colorizer_cli.photo.pillow_decoding import PillowFile  # few photos need it

    return PillowFile.read(encoded_bytes(encoded), form, name, max_pixels)


def _accessible(source: str | Path | bytes) -> Source:
    if source == "-":
        if sys.stdin is None:
            raise PhotoError("stdin is closed; expected a photo on it")
        return sys.stdin.buffer.read()
    if isinstance(source, bytes):
        return source
    path = str(source)
    if not os.path.exists(path):
        raise PhotoError(f"{path}: no such file")
    if os.path.isdir(path):
        raise PhotoError(f"{path} is a folder, a photo was expected")
    if not os.access(path, os.R_OK):
        raise PhotoError(f"{path} cannot be read: permission denied")
    # a pipe can be read once, a photo is decoded twice
    return path if os.path.isfile(path) else Path(path).read_bytes()


def _check_pixels(image: pyvips.Image, name: str) -> None:
    if image.format not in ("uchar", "ushort"):
        raise PhotoError(
            f"{name} has {image.format} pixels; expected 8 or 16 bits per channel. Convert it to 16-bit TIFF first"
        )
    further = image.bands - CHANNELS.get(image.interpretation, image.bands)
    if further > 1:
        raise PhotoError(
            f"{name} has {further} channels beside its colours; expected at most one, alpha. "
            "Save it without its extra channels first"
        )


def _check_kind(header: pyvips.Image, container: Container, name: str) -> None:
    """What looks like a TIFF of a photo and is none."""
    if container.is_raw:
        raise PhotoError(f"{name} is a camera's raw file, whose first picture is a preview; develop it to TIFF first")
    if container.extra_is_no_alpha and header.hasalpha():
        raise PhotoError(
            f"{name} has a channel beside its colours that is no transparency (infrared, a selection). "
            "Save it without its extra channels first"
        )


def _pages(header: pyvips.Image, container: Container, form: Format, name: str) -> int:
    pages = int(header.get("n-pages")) if has_field(header, "n-pages") else 1
    if form != "tiff" and (pages > 1 or container.animated):
        frames = f"{pages} frames" if pages > 1 else "several frames"
        raise PhotoError(f"{name} holds {frames}; expected one photo. Save one of them as a PNG or TIFF first")
    return pages


def _open_for_tags(source: Source) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")


def _to_srgb(image: pyvips.Image) -> pyvips.Image:
    """Colours through the embedded profile to sRGB; without one, gray and RGB are taken as sRGB-encoded."""
    profile = bytes(image.get("icc-profile-data")) if has_field(image, "icc-profile-data") else b""
    is_cmyk = image.interpretation == "cmyk"
    if not is_cmyk and (not profile or is_srgb(profile)):
        return image
    if image.bands <= 2:
        table = srgb_table(profile, 16 if image.format == "ushort" else 8)
        if table is not None:
            return without_gray_profile(image, table)
    simple = RgbProfile.parse(profile) if image.bands >= 3 and not is_cmyk else None
    if simple is not None:
        return without_profile(image, simple)
    options = {"depth": 16, "intent": "relative"}
    # in place of a profile that is damaged, or does not fit; RGB is then taken as sRGB, and does not pass the engine
    stand_in = {"input_profile": "cmyk"} if is_cmyk else {}
    try:
        # such a profile raises here and not while pixels flow
        return image.icc_transform("srgb", embedded=True, **stand_in, **options)
    except pyvips.Error:
        return image.icc_transform("srgb", input_profile="cmyk", **options) if is_cmyk else image
