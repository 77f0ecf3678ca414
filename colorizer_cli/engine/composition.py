"""What the network gets to see of a photo, the picture without its borders, and how its answer is laid back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.chroma_field import ChromaField
from colorizer_cli.color.frame import Frame
from colorizer_cli.color.lab import gray_to_lightness, srgb_to_lab
from colorizer_cli.color.tone_curve import ToneCurve
from colorizer_cli.engine.settings import Settings
from colorizer_cli.photo.photo import Photo

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Composition:
    """photo     with its tone curve, if it gets one
    picture   (h, w) float32 sRGB-encoded gray 0…1: the network's input
    frame     the borders around it; None: the picture is the whole photo
    border    what becomes of them: see Settings
    options   what provenance says of all this, where it is not the default
    """

    photo: Photo
    picture: Array
    frame: Frame | None
    border: str
    options: dict[str, Any]

    @classmethod
    def of(cls, photo: Photo, settings: Settings, size: int) -> Composition:
        """`size`: network input, square root of its area. Raises PhotoError."""
        options: dict[str, Any] = {}
        frame = None if settings.border == "colour" else photo.frame
        if settings.tone == "neutral":
            curve = ToneCurve.of(_cut(photo.overview, frame))
            options["tone"] = {"black": curve.black, "white": curve.white}
            photo = photo.changed(tone=curve)
        if frame is not None or settings.border == "colour":
            options["border"] = settings.border
        if frame is None:
            picture = photo.gray_thumbnail(*network_size(photo.width, photo.height, size))
        else:
            picture = _picture(photo, frame, size)
        return cls(photo, picture, frame, settings.border, options)

    @property
    def lightness(self) -> Array:
        """(h, w) L 0…100 of the picture."""
        return _lightness(self.picture)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the picture in the photo's pixels."""
        left, top, right, bottom = (0.0, 0.0, 1.0, 1.0) if self.frame is None else self.frame.box
        width, height = self.photo.width, self.photo.height
        return left * width, top * height, right * width, bottom * height

    def whole(self, plane: Array, border: float) -> Array:
        """(h, w) values over the picture → (H, W) over the whole photo at the same scale, `border` around it."""
        if self.frame is None:
            return plane
        margins = self._margins(*plane.shape)
        return np.asarray(cv2.copyMakeBorder(plane, *margins, cv2.BORDER_CONSTANT, value=border), np.float32)

    def _margins(self, rows: int, columns: int) -> tuple[int, int, int, int]:
        """(above, below, before, behind) a picture of that size, in steps of the same size."""
        left, top, right, bottom = (0.0, 0.0, 1.0, 1.0) if self.frame is None else self.frame.box
        above, below = (round(rows * share / (bottom - top)) for share in (top, 1 - bottom))
        before, behind = (round(columns * share / (right - left)) for share in (left, 1 - right))
        return above, below, before, behind

    def field(self, ab: Array, stride: int) -> ChromaField:
        """The network's answer for the picture, (2, h, w) → colours for the whole photo."""
        lightness = self.lightness
        if self.frame is None:
            return ChromaField.fit(lightness, ab, stride)
        rows, columns = lightness.shape
        # the grid goes on over the borders; the outermost colours go on with it
        above, below, before, behind = self._margins(rows, columns)
        inside = ChromaField.fit(lightness, ab, stride).coefficients
        width, height = columns + before + behind, rows + above + below
        whole = np.stack(
            [cv2.copyMakeBorder(plane, above, below, before, behind, cv2.BORDER_REPLICATE) for plane in inside]
        )
        mask = self.frame.mask(width, height)
        return ChromaField(np.asarray(whole, np.float32)).within(mask, self._own_tint(width, height))

    def _own_tint(self, width: int, height: int) -> ChromaField | None:
        if self.border != "keep" or not self.photo.is_rgb:
            return None
        lab = np.asarray(srgb_to_lab(self.photo.thumbnail(width, height).astype(np.float32) / 255), np.float32)
        return ChromaField.fit(np.ascontiguousarray(lab[..., 0]), np.moveaxis(lab[..., 1:], -1, 0), 1)


def network_size(width: int, height: int, size: int) -> tuple[int, int]:
    """(width, height) of the network input: the photo's proportions, an area of size², never larger than the photo."""
    aspect = width / height
    scale = min(1.0, width / (size * aspect**0.5), height / (size / aspect**0.5))
    return max(1, round(size * aspect**0.5 * scale)), max(1, round(size / aspect**0.5 * scale))


def _picture(photo: Photo, frame: Frame, size: int) -> Array:
    """The network's input, cut from a copy of the photo that is large enough for it."""
    left, top, right, bottom = frame.box
    width, height = round(photo.width * (right - left)), round(photo.height * (bottom - top))
    wanted = network_size(max(1, width), max(1, height), size)
    scale = min(1.0, max(1.25 * wanted[0] / width, photo.overview.shape[1] / photo.width))
    inside = _cut(photo.gray_thumbnail(round(photo.width * scale), round(photo.height * scale)), frame)
    return _resized(inside, wanted)


def _cut(gray: Array, frame: Frame | None) -> Array:
    if frame is None:
        return gray
    height, width = gray.shape
    left, top, right, bottom = frame.box
    return gray[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]


def _resized(gray: Array, size: tuple[int, int]) -> Array:
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.float32)


def _lightness(gray: Array) -> Array:
    return np.asarray(gray_to_lightness(gray), np.float32)
