"""Colourfulness of a photo.

Source: Hasler and Süsstrunk, "Measuring Colourfulness in Natural Images" (SPIE 2003), the M3 metric.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def colourfulness(rgb: NDArray[np.floating]) -> float:
    """(H, W, 3) sRGB-encoded, 0…255 → M3: 0 for gray, about 15 slightly, 45 averagely, 80 highly colourful."""
    red, green, blue = np.moveaxis(rgb, -1, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    mean = np.hypot(red_green.mean(), yellow_blue.mean())
    return float(spread + 0.3 * mean)
