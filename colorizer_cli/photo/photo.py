"""Photo: a full-resolution photograph that is decoded only when its pixels are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyvips
from numpy.typing import NDArray

import colorizer_cli.photo.libvips  # noqa: F401 — before the first photo
from colorizer_cli.color.tone_curve import ToneCurve
from colorizer_cli.photo.conversion import to_gray
from colorizer_cli.photo.decoded import Decoding
from colorizer_cli.photo.failures import decoding
from colorizer_cli.photo.formats import Format
from colorizer_cli.photo.metadata import Metadata

if TYPE_CHECKING:
    from colorizer_cli.color.frame import Frame

KEPT_PIXELS = 2**26  # 67 megapixels: up to there the gray is decoded once and kept, which takes 1 or 2 bytes a pixel
STRIP_PIXELS = 2**18  # fewer, larger strips wait less for the interpreter; a float32 plane of one is 1 MB

OVERVIEW = 512


@dataclass(frozen=True)
class TiffLayout:
    """compression   the value of TIFF's tag 259
    tile            (width, height) of the tiles; None for strips
    subfile         the value of TIFF's tag 254: 1 marks a smaller version of another page
    """

    compression: int = 1
    tile: tuple[int, int] | None = None
    subfile: int = 0


@dataclass(frozen=True)
class Photo:
    """A photograph, upright, lazy: nothing is decoded before pixels are asked for. The gray of one of up to
    67 megapixels is then kept; a larger one is decoded anew, in passing, each time.

    name            what to call it in messages
    path            the file it was read from, which is never written to; None for bytes and stdin
    width, height   pixels, after the EXIF orientation has been applied
    bits            8 or 16 per channel
    has_alpha       whether an alpha channel follows the colour channels
    format          what the file was: the format that a result gets if nothing else is said
    is_rgb          whether the file has colour channels, be they all alike
    two_level       whether its pixels are of one bit, black or white
    metadata        EXIF, XMP, IPTC, resolution, profile
    page, pages     which of how many photos in the file this is, from 0; only TIFF files hold several
    read_page       number of a page → its Photo
    layout          how a TIFF stores its pixels, so that the result can be stored alike; None for other formats
    tone            a curve that the gray goes through before it is given out
    open            → a fresh image of 1–4 bands. `sequential`: rows will be asked for from top to bottom, once;
                    `shrink`: the decoder may give 1/1, 1/2, 1/4 or 1/8 of the size if that is cheaper.
    encoded         → the file's bytes
    """

    name: str
    path: Path | None
    width: int
    height: int
    bits: int
    has_alpha: bool
    format: Format
    metadata: Metadata
    open: Callable[[bool, int], pyvips.Image] = field(repr=False)
    encoded: Callable[[], bytes] = field(repr=False)
    page: int = 0
    pages: int = 1
    read_page: Callable[[int], Photo] | None = field(default=None, repr=False)
    layout: TiffLayout | None = None
    is_rgb: bool = False
    two_level: bool = False
    tone: ToneCurve | None = None

    @property
    def strip_rows(self) -> int:
        """Rows of a strip (the last one may have fewer); of photos that are streamed half as many, to hold less."""
        pixels = STRIP_PIXELS if self.is_kept else STRIP_PIXELS // 2
        return max(1, min(pixels // self.width, self.height))

    def changed(self, **fields: Any) -> Photo:
        """A copy with other fields (metadata, tone) and the same pixels, which are not decoded for it again."""
        copy = replace(self, **fields)
        known = {"_decoding": self._decoding} | self.__dict__  # where `cached_property` keeps what it has found
        shared = {"_decoding"} if "tone" in fields else {"_decoding", "overview", "frame"}
        copy.__dict__.update({name: known[name] for name in shared & known.keys()})
        return copy

    def decode_ahead(self) -> None:
        """Begins to decode in the background, if what is decoded is kept."""
        if self.is_kept:
            self._decoding.start()

    def gray_thumbnail(self, width: int, height: int) -> NDArray[np.float32]:
        """(height, width) float32 sRGB-encoded gray, 0…1, averaged over the photo's pixels."""
        with decoding(self.name):
            gray = self._decoding.result().gray if self.is_kept else to_gray(self._shrunk(width, height))[0]
            pixels = _resize(gray, width, height).numpy().reshape(height, width)
        gray = np.asarray(pixels, np.float32) / np.float32(np.iinfo(pixels.dtype).max)
        return gray if self.tone is None else np.asarray(self.tone.apply(gray), np.float32)

    @cached_property
    def overview(self) -> NDArray[np.float32]:
        """(h, w) float32 sRGB-encoded gray 0…1 with sides of at most OVERVIEW pixels: for a look at the whole."""
        scale = min(1.0, OVERVIEW / max(self.width, self.height))
        return self.gray_thumbnail(max(1, round(self.width * scale)), max(1, round(self.height * scale)))

    @cached_property
    def frame(self) -> Frame | None:
        """The picture inside its borders; None: there are none."""
        import cv2  # large: decoding can begin without it

        from colorizer_cli.color.frame import LONG_SIDE, find_frame

        scale = min(1.0, LONG_SIDE / max(self.overview.shape))
        size = [max(1, round(side * scale)) for side in reversed(self.overview.shape)]
        return find_frame(np.asarray(cv2.resize(self.overview, size, interpolation=cv2.INTER_AREA), np.float32))

    def thumbnail(self, width: int, height: int) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 sRGB: the photo as it looks."""
        with decoding(self.name):
            image = self._small(width, height).colourspace("srgb")
            if image.hasalpha():
                image = image.flatten(background=255)
            return np.asarray(_resize(image, width, height).numpy(), np.uint8)

    @property
    def has_colours(self) -> bool:
        """Whether the pixels may have colours: False where the file has no channels for them, or they were decoded and
        are all alike."""
        return self.is_rgb and not (self._decoding.begun and self._decoding.result().alike)

    @property
    def is_kept(self) -> bool:
        """Whether it is decoded once, and its gray kept."""
        return self.width * self.height <= KEPT_PIXELS

    @cached_property
    def _decoding(self) -> Decoding:
        return Decoding(lambda: self.open(True, 1), self.name)

    def _small(self, width: int, height: int) -> pyvips.Image:
        """The photo at that size or larger: the decoded copy if there is one, else from a decoder that shrinks."""
        copy = self._decoding.result().small if self._decoding.begun else None
        return self._shrunk(width, height) if copy is None or copy.width < width or copy.height < height else copy

    def _shrunk(self, width: int, height: int) -> pyvips.Image:
        """The photo at its own size or, where the decoder shrinks cheaply, still at least twice as large as asked."""
        shrink = 1
        while shrink < 8 and min(self.width / width, self.height / height) >= 4 * shrink:
            shrink *= 2
        return self.open(True, shrink)

    def strips(self) -> Iterator[tuple[int, NDArray[np.integer], NDArray[np.integer] | None]]:
        """The photo in gray, from top to bottom: (first row, gray (rows, width), alpha (rows, width) or None).

        uint8 or uint16, sRGB-encoded over the full range of the type. A coloured photo gives its luminance.
        """
        if self.is_kept:
            decoded = self._decoding.result()
            gray, alpha = decoded.gray, decoded.alpha
        else:
            gray, alpha = to_gray(self.open(True, 1))
        image = gray if alpha is None else gray.bandjoin(alpha.cast(gray.format))
        region = pyvips.Region.new(image)
        curve = None if self.tone is None else self.tone.table(16 if image.format == "ushort" else 8)
        dtype = np.uint16 if image.format == "ushort" else np.uint8
        for top in range(0, self.height, self.strip_rows):
            count = min(self.strip_rows, self.height - top)
            with decoding(self.name):
                fetched = region.fetch(0, top, self.width, count)
            pixels: NDArray[np.integer] = np.asarray(np.frombuffer(fetched, dtype))
            pixels = pixels.reshape(count, self.width, image.bands)
            toned = pixels[..., 0] if curve is None else curve[pixels[..., 0]]
            if alpha is None:
                yield top, toned, None
            else:
                yield top, np.ascontiguousarray(toned), pixels[..., 1]


def _resize(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """Area-averaging, in the encoded values as training has it, with no detour through another colour space."""
    return image.resize(width / image.width, vscale=height / image.height, kernel="linear")
