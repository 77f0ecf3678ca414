"""Photos made smaller when asked for: the error while training is measured on small ones, which is quick."""

from __future__ import annotations

import cv2
import numpy as np

from colorizer_cli.training.cache import Photos, Pixels


class Shrunk:
    """`photos`, each at most `short_side` px on its short side, and kept in memory."""

    def __init__(self, photos: Photos, short_side: int) -> None:
        self._pixels = [_shrink(photos[i], short_side) for i in range(len(photos))]
        self.shapes = [pixels.shape[:2] for pixels in self._pixels]

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, i: int) -> Pixels:
        return self._pixels[i]


def _shrink(pixels: Pixels, short_side: int) -> Pixels:
    height, width = pixels.shape[:2]
    scale = min(1.0, short_side / min(height, width))
    size = round(width * scale), round(height * scale)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
