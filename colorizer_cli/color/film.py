"""How film sees colour: gray as a mix of linear red, green and blue."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import LUMINANCE, linear_to_srgb, srgb_to_linear

ORTHOCHROMATIC = np.array([0.02, 0.48, 0.50])  # film before about 1920 sees almost no red
PANCHROMATIC = np.array([0.30, 0.34, 0.36])  # sees all, and blue better than an eye does: skies come out pale
FILMS = {"luminance": LUMINANCE, "orthochromatic": ORTHOCHROMATIC, "panchromatic": PANCHROMATIC}


def developed(rgb: NDArray[np.uint8], film: str) -> NDArray[np.float32]:
    """(H, W, 3) uint8 sRGB → (H, W) float32 sRGB-encoded gray 0…1, as one of `FILMS` has it; "luminance" keeps L."""
    linear = srgb_to_linear(rgb.astype(np.float32) / np.float32(255))
    return np.asarray(linear_to_srgb(linear @ FILMS[film].astype(np.float32)), np.float32)
