"""ColouredPhoto: the original with colour added, computed strip by strip as it is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.photo.metadata import Metadata
from colorizer_cli.photo.photo import Photo
from colorizer_cli.photo.rgb_profile import RgbProfile

THREADS = 2  # decoding and encoding take a thread each besides
AHEAD = 4  # strips in work at a time: memory stays bounded when the encoder is the slowest

Integers = NDArray[np.integer]
Render = Callable[[Integers, int], Integers]


@dataclass(frozen=True)
class ColouredPhoto:
    """The result of colouring `original`: its size, its depth, its alpha, its metadata, and sRGB colours.

    renderer    (width, height, bits) → the function that colours a photo of that size strip by strip: gray strip
                (rows, width), number of its first row → sRGB strip (rows, width, 3). Called from several threads.
    confidence  mean over the photo of how sure the colours are, 0 (a guess) … 1; None where the network cannot tell
    confidence_map  (h, w) float32, the same on a coarse grid over the photo
    """

    original: Photo
    metadata: Metadata
    renderer: Callable[[int, int, int], Render] = field(repr=False)
    confidence: float | None = None
    confidence_map: NDArray[np.float32] | None = field(default=None, repr=False)

    @property
    def width(self) -> int:
        return self.original.width

    @property
    def height(self) -> int:
        return self.original.height

    @property
    def bits(self) -> int:
        return self.original.bits

    @property
    def bands(self) -> int:
        return 4 if self.original.has_alpha else 3

    @property
    def strip_rows(self) -> int:
        return self.original.strip_rows

    def strips(self, profile: RgbProfile | None = None) -> Iterator[Integers]:
        """(rows, width, bands) uint8 or uint16 from top to bottom: sRGB (or the encoding of `profile`), and the
        original's alpha if it has one."""
        render = self.renderer(self.width, self.height, self.bits if profile is None else 16)
        if profile is not None:
            render = _encoded(render, profile, self.bits)
        with ThreadPoolExecutor(THREADS, "render") as pool:
            pending: deque[Future[Integers]] = deque()
            for top, gray, alpha in self.original.strips():
                pending.append(pool.submit(_strip, render, gray, alpha, top))
                if len(pending) == AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()

    def pixels(self, profile: RgbProfile | None = None) -> Integers:
        """The whole photo, (height, width, bands) uint8 or uint16: for photos that fit in memory."""
        return np.concatenate(list(self.strips(profile)))

    def thumbnail(self, width: int, height: int) -> Integers:
        """(height, width, 3) uint8: the result as it looks at this size, without computing the whole."""
        gray = np.round(self.original.gray_thumbnail(width, height) * 65535).astype(np.uint16)
        return self.renderer(width, height, 8)(gray, 0)


def _encoded(render: Render, profile: RgbProfile, bits: int) -> Render:
    return lambda gray, top: profile.encode(np.asarray(render(gray, top), np.uint16), bits)


def _strip(render: Render, gray: Integers, alpha: Integers | None, top: int) -> Integers:
    rgb = render(gray, top)
    if alpha is None:
        return rgb
    if alpha.dtype != rgb.dtype:  # gray travels in 16 bits where the original has colours of 8
        alpha = (alpha // 257).astype(rgb.dtype)
    return np.dstack([rgb, alpha])
