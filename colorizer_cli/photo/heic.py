"""HEIC out, through pillow-heif (extra [heif]): its encoder takes the photo whole, so memory grows with the pixels."""

from __future__ import annotations

import struct
from pathlib import Path

import pyvips

from colorizer_cli.errors import OutputError
from colorizer_cli.photo.coloured import ColouredPhoto
from colorizer_cli.photo.encoding import Encoding


def save_heic(photo: ColouredPhoto, path: Path, encoding: Encoding, name: str) -> None:
    """Writes the photo with its EXIF, XMP and profile; 16 bits become 8. Raises OutputError."""
    from PIL import Image
    from pillow_heif import from_pillow

    from colorizer_cli.photo.exif import MARK, ExifTags
    from colorizer_cli.photo.tiff_directory import RATIONAL, SHORT, Entry

    metadata = photo.metadata
    pixels = photo.pixels(metadata.converted_profile)
    if photo.bits == 16:
        pixels = ((pixels.astype("uint32") + 128) // 257).astype("uint8")
    image = Image.fromarray(pixels)
    tags = ExifTags.of_block(metadata.exif or b"")
    if metadata.resolution_unit is not None:  # which HEIC has no other place for
        across, down = (struct.pack("<II", round(2540 * value), 100) for value in metadata.resolution)
        tags.ifd0 |= {282: Entry(RATIONAL, across), 283: Entry(RATIONAL, down), 296: Entry(SHORT, struct.pack("<H", 2))}
    block = tags.block()
    options: dict[str, object] = {"quality": encoding.quality, "chroma": 444}
    if block is not None:
        options["exif"] = MARK + block.removeprefix(MARK)
    if metadata.xmp is not None:
        options["xmp"] = metadata.xmp
    if metadata.profiled:
        srgb = bytes(pyvips.Operation.call("profile_load", "srgb"))
        options["icc_profile"] = metadata.rgb_profile.data if metadata.rgb_profile else srgb
    try:
        from_pillow(image).save(path, **options)
    except (ValueError, RuntimeError) as error:
        raise OutputError(f"{name} could not be written: {error}") from error
