"""Does a photo have colours of its own, or is it gray or of one tone?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import srgb_to_lab
from colorizer_cli.color.quantiles import quantile

GRAY_CHROMA = 4.0  # Lab units that 95 % of a gray photo's pixels stay below: scanners and JPEG add that much
TONED_SPREAD = 2.0  # Lab units, rms: how far the pixels of one lightness lie from their mean colour
LEVELS = 64  # of lightness


def colourless(pixels: NDArray[np.uint8]) -> str | None:
    """(H, W, 3) uint8 sRGB → "gray", "toned" (one colour for each lightness: sepia, cyanotype), or None for colour."""
    lab = srgb_to_lab(pixels.astype(np.float32) / np.float32(255)).reshape(-1, 3)
    ab = lab[:, 1:]
    if quantile(np.hypot(ab[:, 0], ab[:, 1]), 0.95) < GRAY_CHROMA:
        return "gray"
    level = np.clip(lab[:, 0] * (LEVELS / 100), 0, LEVELS - 1).astype(np.intp)
    count = np.maximum(np.bincount(level, minlength=LEVELS), 1)
    mean = np.stack([np.bincount(level, ab[:, c], LEVELS) / count for c in (0, 1)], axis=1)
    spread = np.sqrt(((ab - mean[level]) ** 2).sum(axis=1).mean())
    return "toned" if spread < TONED_SPREAD else None
