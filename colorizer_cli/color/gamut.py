"""Out-of-gamut colours: desaturated along their hue at constant lightness, never clipped.

The lightness is the original's and is never given up: a colour that sRGB cannot show at this lightness gets less
chroma, at the same hue angle. Works in CIELAB's compressed units (f of CIE 15:2004), where fy = (L + 16) / 116,
fx = fy + a / 500 and fz = fy − b / 200.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import RELATIVE_XYZ_TO_RGB, expand

Plane = NDArray[np.floating]

TOLERANCE = 3e-5  # linear light; clipped afterwards, which moves L* by at most 0.02
HALVINGS = 8  # chroma to 1/256 of itself
# Linear RGB is luminance plus this times (X − Y, Z − Y): a gray stays exactly gray.
DIFFERENCES_TO_RGB = RELATIVE_XYZ_TO_RGB[:, [0, 2]]


def desaturate(fy: Plane, luminance: Plane, fx: Plane, fz: Plane) -> Plane:
    """(N,) planes of out-of-gamut colours → (N, 3) linear RGB: the most saturated of that hue and lightness in sRGB.

    `luminance` is Y, 0…1, `fy` the same compressed. What comes out is within 3e-5 of 0…1. Halves its way to the largest
    t in 0…1 for which (fy, fy + t·(fx − fy), fy + t·(fz − fy)) is inside. (False position needs fewer steps on most
    pixels, and on a few near black gets nowhere: they would stay gray.)
    """
    f, way = np.stack([fy, fy]), np.stack([fx - fy, fz - fy])
    inside, step = np.zeros_like(fy), 0.5
    for _ in range(HALVINGS):
        t = inside + step
        inside = np.where(_fits(_linear_rgb(luminance, f + t * way)), t, inside)
        step /= 2
    return _linear_rgb(luminance, f + inside * way).T


def _linear_rgb(luminance: Plane, fx_fz: Plane) -> Plane:
    """(N,), (2, N) → (3, N) linear RGB."""
    dx, dz = expand(fx_fz) - luminance
    return np.stack([luminance + x * dx + z * dz for x, z in DIFFERENCES_TO_RGB.tolist()])


def _fits(rgb: Plane) -> NDArray[np.bool_]:
    return np.asarray((rgb.min(axis=0) >= -TOLERANCE) & (rgb.max(axis=0) <= 1 + TOLERANCE))
