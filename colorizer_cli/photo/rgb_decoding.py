"""RGB of 8 bits, decoded strip by strip, while a second thread makes gray and a small copy of what has been decoded: in
compiled code, where there is such (see `color.compiled`)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.color import compiled
from colorizer_cli.color.luminance import gray_of_rgb, red_of_rgb

ROWS = 64  # of a strip
NARROWEST = 32  # pixels of the small copy

Bytes = NDArray[np.uint8]


def can_be_followed(image: pyvips.Image, steps: int) -> bool:
    """Whether `followed` takes the image. Of a long, narrow one the small copy would lose too much at the edges."""
    is_srgb = image.bands == 3 and image.format == "uchar" and image.interpretation == "srgb"
    return is_srgb and min(image.width, image.height) >= NARROWEST * steps and compiled.library() is not None


def followed(image: pyvips.Image, steps: int) -> Follower:
    """Decodes the image now, once, from top to bottom; its small copy has sides `steps` times shorter.

    Raises pyvips.Error (damaged photo).
    """
    follower = Follower(image.width, image.height, steps)
    rows = steps * max(1, ROWS // steps)
    region = pyvips.Region.new(image)
    with ThreadPoolExecutor(1, "gray") as pool:
        behind = None
        for top in range(0, image.height, rows):
            count = min(rows, image.height - top)
            fetched = np.frombuffer(region.fetch(0, top, image.width, count), np.uint8)
            if behind is not None:
                behind.result()  # one strip at a time waits: no more memory is needed
            behind = pool.submit(follower.take, fetched.reshape(count, image.width, 3), top)
        if behind is not None:
            behind.result()
    return follower


class Follower:
    """Given a photo's strips from top to bottom. Afterwards:

    gray   one band of sRGB-encoded luminance, in 16 bits; where the channels are all alike one of them, in 8
    alike  whether they are
    small  the photo with sides `steps` times shorter
    """

    def __init__(self, width: int, height: int, steps: int) -> None:
        self.alike = True
        # memory that is not written to is not taken
        self._words, self._red = np.empty((height, width), np.uint16), np.empty((height, width), np.uint8)
        self._small = np.empty((height // steps, width // steps, 3), np.uint8)
        self._steps = steps

    def take(self, pixels: Bytes, top: int) -> None:
        """(rows, width, 3), a multiple of `steps` rows unless they are the last."""
        bottom = top + len(pixels)
        if self.alike and not red_of_rgb(pixels, self._red[top:bottom]):
            self.alike = False
            np.multiply(self._red[:top], 257, out=self._words[:top], dtype=np.uint16)
        if not self.alike:
            gray_of_rgb(pixels, self._words[top:bottom])
        self._small[top // self._steps : bottom // self._steps] = _shrunk(pixels, self._steps)

    @property
    def gray(self) -> pyvips.Image:
        return _image(self._red, "b-w") if self.alike else _image(self._words, "grey16")

    @property
    def small(self) -> pyvips.Image:
        return _image(self._small, "srgb")


def _shrunk(pixels: Bytes, steps: int) -> Bytes:
    """Each square of `steps` × `steps` pixels → their mean; what is left over at the edges is dropped."""
    import cv2  # while the first strips are decoded

    rows, columns = len(pixels) // steps, pixels.shape[1] // steps
    if not rows:
        return np.empty((0, columns, 3), np.uint8)
    whole = pixels[: rows * steps, : columns * steps]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def _image(pixels: NDArray[np.integer], interpretation: str) -> pyvips.Image:
    return pyvips.Image.new_from_array(pixels, interpretation=interpretation)
