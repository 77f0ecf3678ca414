"""How each format is written: libvips' saver and its options, and what the format cannot hold."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyvips

from colorizer_cli.errors import OutputError
from colorizer_cli.photo.formats import DEEP_FORMATS, QUALITY, Format
from colorizer_cli.photo.photo import TiffLayout

BIGTIFF_BYTES = 3_900_000_000  # a classic TIFF ends at 4 GiB
# TIFF's tag 259 → libvips' name; what is missing here holds no colour (fax) or is not written, and becomes Deflate
COMPRESSIONS = {1: "none", 5: "lzw", 7: "jpeg", 8: "deflate", 32773: "packbits", 32946: "deflate", 50000: "zstd"}
LARGEST_SIDE: dict[Format, int] = {"jpeg": 65_500, "webp": 16_383}  # pixels; of JPEG, as libjpeg writes it
PREDICTED = ("lzw", "deflate", "zstd")  # the compressions that gain from differences of neighbours


def check_encoder(form: Format, name: str | Path, width: int, height: int) -> None:
    """Raises OutputError where a photo of that size cannot be written in that format, before any work is done."""
    largest = LARGEST_SIDE.get(form)
    if largest is not None and max(width, height) > largest:
        raise OutputError(
            f"{name}: {form.upper()} holds sides of at most {largest} pixels, the photo has {width} × {height}; "
            "choose .png or .tif"
        )
    if form == "heic" and importlib.util.find_spec("pillow_heif") is None:
        raise OutputError(
            f"{name}: HEIC is written by an extra; pip install 'colorizer-cli[heif]', or write AVIF or JPEG"
        )


@dataclass(frozen=True)
class Encoding:
    """What the user chose: quality of the lossy formats, 1…100; progressive: JPEG in scans that sharpen as it loads.
    `report` is told how much of a page has been coloured, 0…1, from a thread of its own."""

    quality: int = QUALITY
    progressive: bool = False
    report: Callable[[float], None] | None = None


def saver(
    form: Format,
    encoding: Encoding,
    size: int,
    bits: int = 8,
    layout: TiffLayout | None = None,
    has_alpha: bool = False,
) -> tuple[str, dict[str, Any]]:
    """→ libvips' operation and its options. `size` is that of the pixels in bytes."""
    if form == "jpeg":
        return "jpegsave_target", {
            "Q": encoding.quality,
            "subsample_mode": "off",
            "interlace": encoding.progressive,
            "optimize_coding": encoding.progressive,
        }
    if form == "webp":
        return "webpsave_target", {"Q": encoding.quality, "exact": True}  # under what is transparent as well
    if form == "avif":
        return "heifsave_target", {
            "compression": "av1",
            "Q": encoding.quality,
            "bitdepth": 12 if bits == 16 else 8,
            "subsample_mode": "off",
            "effort": 3,
        }
    if form == "png":
        return "pngsave_target", {"compression": 6}
    layout = layout or TiffLayout(compression=8)
    lossy = bits == 8 and not has_alpha  # libtiff's JPEG holds neither 16 bits nor alpha
    return "tiffsave_target", _tiff_options(encoding, size > largest_classic_tiff(layout), lossy, layout)


def largest_classic_tiff(layout: TiffLayout | None) -> int:
    """Bytes of pixels from which on a BigTIFF is written: grain makes LZW and PackBits larger than the pixels."""
    growing = layout is not None and COMPRESSIONS.get(layout.compression) in ("lzw", "packbits")
    return BIGTIFF_BYTES * 7 // 10 if growing else BIGTIFF_BYTES


def _tiff_options(encoding: Encoding, big: bool, lossy: bool, layout: TiffLayout) -> dict[str, Any]:
    compression = COMPRESSIONS.get(layout.compression, "deflate")
    if compression == "jpeg" and not lossy:
        compression = "deflate"
    options: dict[str, Any] = {"compression": compression, "bigtiff": big}
    if compression in PREDICTED:
        options["predictor"] = "horizontal"
    if compression == "jpeg":
        options["Q"] = encoding.quality
    if layout.tile is not None:
        options |= {"tile": True, "tile_width": layout.tile[0], "tile_height": layout.tile[1]}
    return options


def fitting(image: pyvips.Image, form: Format) -> pyvips.Image:
    """8 bits where the format holds no more; white under what is transparent where it holds no alpha."""
    if image.format == "ushort" and form not in (*DEEP_FORMATS, "avif"):
        image = (image / 257).rint().cast("uchar").copy(interpretation="srgb")
    if image.hasalpha() and form == "jpeg":
        image = image.flatten(background=255)
    return image
