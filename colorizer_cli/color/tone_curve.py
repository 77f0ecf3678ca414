"""The contrast of a faded scan, given back by a curve that can be undone.

Three straight pieces: what lies between the scan's own black and white is spread over 0.02…0.98, what lies outside over
the rest, so that no level is cut off and the inverse exists (in 8 bits up to rounding).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.quantiles import quantile

BLACKEST, WHITEST = 0.35, 0.65  # a photo of fog is not faded: black is sought below, white above
FOOT, SHOULDER = 0.02, 0.98
TAIL = 0.005  # of the pixels: what counts as dust and scratches


@dataclass(frozen=True)
class ToneCurve:
    """black, white: sRGB-encoded levels 0…1 of the scan that become 0.02 and 0.98."""

    black: float
    white: float

    @classmethod
    def of(cls, gray: NDArray[np.float32]) -> ToneCurve:
        """The curve for a photo, from a small copy of it: (h, w) sRGB-encoded gray 0…1, without its borders."""
        levels = gray.ravel()
        black, white = quantile(levels, TAIL), quantile(levels, 1 - TAIL)
        return cls(
            black=round(float(np.clip(black, FOOT, BLACKEST)), 4),
            white=round(float(np.clip(white, WHITEST, SHOULDER)), 4),
        )

    def apply(self, gray: NDArray[np.floating]) -> NDArray[np.floating]:
        """sRGB-encoded 0…1 → the same, any shape."""
        return np.asarray(np.interp(gray, [0, self.black, self.white, 1], [0, FOOT, SHOULDER, 1]), gray.dtype)

    def table(self, bits: int) -> NDArray[np.uint16]:
        """Level of 8 or 16 bits → level of 16 bits."""
        return np.round(self.apply(np.arange(2**bits) / (2**bits - 1)) * 65535).astype(np.uint16)
