"""Perceived difference of two colours: CIEDE2000.

Source: Sharma, Wu, Dalal, "The CIEDE2000 Color-Difference Formula" (Color Research & Application 30, 2005).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def ciede2000(first: Array, second: Array) -> Array:
    """Two (…, 3) Lab arrays (L 0…100) → (…) ΔE₀₀: 0 for equal colours, about 1 where an eye begins to see it."""
    (lightness1, a1, b1), (lightness2, a2, b2) = (np.moveaxis(lab.astype(np.float64), -1, 0) for lab in (first, second))
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + 25.0**7))
    a1, a2 = a1 * stretch, a2 * stretch
    chroma1, chroma2 = np.hypot(a1, b1), np.hypot(a2, b2)
    hue1, hue2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360

    coloured = chroma1 * chroma2 > 0  # a gray has no hue to differ in
    turn = np.where(coloured, (hue2 - hue1 + 180) % 360 - 180, 0.0)
    delta_hue = 2 * np.sqrt(chroma1 * chroma2) * np.sin(np.radians(turn / 2))
    mean_l, mean_c = (lightness1 + lightness2) / 2, (chroma1 + chroma2) / 2
    mean_h = np.where(coloured, hue1 + turn / 2, hue1 + hue2)

    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    off_middle = (mean_l - 50) ** 2
    scaled_l = (lightness2 - lightness1) / (1 + 0.015 * off_middle / np.sqrt(20 + off_middle))
    scaled_c = (chroma2 - chroma1) / (1 + 0.045 * mean_c)
    scaled_h = delta_hue / (1 + 0.015 * mean_c * t)
    mean_c7 = mean_c**7
    blue = np.exp(-(((mean_h % 360 - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(mean_c7 / (mean_c7 + 25.0**7)) * np.sin(np.radians(60 * blue))
    total = scaled_l**2 + scaled_c**2 + scaled_h**2 + rotation * scaled_c * scaled_h
    return np.asarray(np.sqrt(np.maximum(total, 0)))
