"""Formats that libvips' wheel lacks, decoded by Pillow: BMP, PPM, JPEG 2000, and HEIC with the extra [heif].

Pillow decodes a photo whole, so these take memory in proportion to their pixels. Its decoders are called by their
classes, not through Image.open: what a file is has been found by its first bytes, and its size is checked here.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.errors import ColorizerError, MissingExtraError, PhotoError
from colorizer_cli.photo import deep_ppm, jp2_boxes
from colorizer_cli.photo.exif import MARK
from colorizer_cli.photo.formats import READABLE, Format
from colorizer_cli.photo.metadata import PILLOW_COMMENT
from colorizer_cli.photo.opening import check_size

BANDS = {"1": 1, "L": 1, "I": 1, "I;16": 1, "I;16B": 1, "I;16L": 1, "LA": 2, "RGB": 3, "RGB;16": 3, "P": 3, "CMYK": 3}
BANDS |= {"YCbCr": 3, "RGBA": 4, "RGBA;16": 4, "PA": 4}
DEEP = {"I", "I;16", "I;16B", "I;16L", "RGB;16", "RGBA;16"}
TO_RGB = {"1": "L", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "PA": "RGBA"}
MM_PER_INCH = 25.4


@dataclass(frozen=True)
class PillowFile:
    """An encoded photo, and `header`: an image of its size and type, with its metadata, but without its pixels."""

    data: bytes
    form: Format
    name: str
    header: pyvips.Image

    @classmethod
    def read(cls, data: bytes, form: Format, name: str, max_pixels: int) -> PillowFile:
        """Raises PhotoError: damaged, larger than `max_pixels`, of a pixel type that is not read."""
        image = _open(data, form, name)
        width, height = image.size
        check_size(width, height, name, max_pixels)
        if image.mode not in BANDS:
            raise PhotoError(f"{name} has {image.mode} pixels; expected 8 or 16 bits per channel, gray or RGB")
        info = _info(image, data, form)
        if form == "jp2" and BANDS[image.mode] > 1 and _component_bits(data) > 8:
            raise PhotoError(f"{name} is a colour JPEG 2000 of more than 8 bits; convert it to a 16-bit TIFF first")
        if form == "jp2" and (image.mode == "CMYK" or (info.get("icc_profile") or b"")[16:20] == b"CMYK"):
            raise PhotoError(f"{name} is a CMYK JPEG 2000; convert it to TIFF first")  # Pillow takes black for alpha
        blank = pyvips.Image.black(width, height, bands=BANDS[image.mode])
        deep = image.mode in DEEP or (form == "ppm" and deep_ppm.highest_value(image) is not None)
        return cls(data, form, name, _with_metadata(_typed(blank, deep), info))

    def decode(self) -> pyvips.Image:
        """The pixels, and the profile they are to be read by."""
        try:
            image = _open(self.data, self.form, self.name)
            highest = deep_ppm.highest_value(image) if self.form == "ppm" else None
            if highest is not None:
                pixels: NDArray[Any] = deep_ppm.pixels(self.data, image, highest)
            else:
                if image.mode in TO_RGB:
                    image = image.convert(TO_RGB[image.mode])
                pixels = np.ascontiguousarray(image)
        except ColorizerError:
            raise
        except Exception as error:
            raise _unreadable(self.name, error) from error
        if pixels.dtype == np.int32:  # Pillow's 16-bit PPM
            pixels = pixels.astype(np.uint16)
        decoded = pyvips.Image.new_from_array(pixels.astype(pixels.dtype.newbyteorder("=")))
        return _with_metadata(_typed(decoded, pixels.dtype.itemsize == 2), _info(image, self.data, self.form))


def _open(data: bytes, form: Format, name: str) -> Any:
    try:
        image = _opener(form, name)(io.BytesIO(data))
        if min(image.size) < 1 or not image.mode:  # asked for here: HEIC's are looked up late
            raise ValueError("no pixels")
        return image
    except ColorizerError:
        raise
    except Exception as error:  # a damaged header comes out of Pillow as any of a dozen types
        raise _unreadable(name, error) from error


def _opener(form: Format, name: str) -> Callable[[io.BytesIO], Any]:
    from PIL import BmpImagePlugin, Jpeg2KImagePlugin, PpmImagePlugin

    if form == "heic":
        try:
            import pillow_heif
        except ImportError as error:
            remedy = "pip install 'colorizer-cli[heif]'"
            raise MissingExtraError(f"{name} is HEIC; install the extra for it", remedy) from error
        return lambda file: pillow_heif.open_heif(file, convert_hdr_to_8bit=False)
    if form == "bmp":
        return BmpImagePlugin.BmpImageFile
    return PpmImagePlugin.PpmImageFile if form == "ppm" else Jpeg2KImagePlugin.Jpeg2KImageFile


def _component_bits(data: bytes) -> int:
    """The largest depth in a JPEG 2000 codestream's SIZ segment (ISO/IEC 15444-1, A.5.1)."""
    start = data.find(b"\xff\x4f\xff\x51")
    count = int.from_bytes(data[start + 40 : start + 42], "big")
    return (
        max((data[place] & 0x7F for place in range(start + 42, min(start + 42 + 3 * count, len(data)), 3)), default=0)
        + 1
    )


def _typed(image: pyvips.Image, deep: bool) -> pyvips.Image:
    gray, colour = ("grey16", "rgb16") if deep else ("b-w", "srgb")
    return image.cast("ushort" if deep else "uchar").copy(interpretation=gray if image.bands < 3 else colour)


def _info(image: Any, data: bytes, form: Format) -> dict[str, Any]:
    """Pillow's, with the profile that it does not look for in JPEG 2000."""
    profile = jp2_boxes.read_extras(io.BytesIO(data)).profile if form == "jp2" else None
    return {**image.info, **({"icc_profile": profile} if profile else {})}


def _with_metadata(image: pyvips.Image, info: dict[str, Any]) -> pyvips.Image:
    """Under libvips' names, as its own loaders leave it."""
    image = image.copy()
    block = info.get("exif")
    blobs = {
        "exif-data": block if not block or block.startswith(MARK) else MARK + block,
        "xmp-data": info.get("xmp"),
        "icc-profile-data": info.get("icc_profile"),
    }
    for field, data in blobs.items():
        if data:
            image.set_type(pyvips.GValue.blob_type, field, bytes(data))
    if "dpi" in info and all(value > 0 for value in info["dpi"]):
        image = image.copy(xres=float(info["dpi"][0]) / MM_PER_INCH, yres=float(info["dpi"][1]) / MM_PER_INCH)
        image.set_type(pyvips.GValue.gstr_type, "resolution-unit", "in")
    if isinstance(info.get("comment"), bytes | str):
        text = info["comment"]
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        image.set_type(pyvips.GValue.gstr_type, PILLOW_COMMENT, text)
    return image


def _unreadable(name: str, error: Exception) -> PhotoError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return PhotoError(f"{name} cannot be read as a photo ({reason}); expected a whole {READABLE} file")
