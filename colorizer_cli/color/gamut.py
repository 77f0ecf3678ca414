"""Merging lightness with chroma: CIELAB → linear sRGB, out-of-gamut colours desaturated along their hue.

The lightness is the original's and is never given up: a colour that sRGB cannot show at this lightness gets less
chroma, at the same hue angle. Works on planes in CIELAB's compressed units (f of CIE 15:2004), where
fy = (L + 16) / 116, fx = fy + a / 500 and fz = fy − b / 200. Every pixel of a photo comes through here, which is why
OpenCV's fused passes (scaleAdd, pow, inRange) stand where plain operators would read more easily.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import DELTA, RELATIVE_XYZ_TO_RGB, TOE_SLOPE

Plane = NDArray[np.floating]

TOLERANCE = 3e-5  # linear light; clipped afterwards, which moves L* by at most 0.02
HALVINGS = 11  # chroma to 1/2000 of itself
_X_TO_RGB, _Z_TO_RGB = (RELATIVE_XYZ_TO_RGB[:, i].tolist() for i in (0, 2))


def merge(fy: Plane, luminance: Plane, fx: Plane, fz: Plane) -> Plane:
    """(rows, width) float32 planes → (rows, width, 3) float32 linear sRGB whose luminance is `luminance` (Y, 0…1).

    `fy` is the compressed luminance. Colours outside sRGB are moved towards gray at constant lightness and hue; what
    comes out is within 3e-5 of 0…1.
    """
    rgb = np.asarray(cv2.merge(_linear_rgb(luminance, fx, fz)))
    fits = cv2.inRange(rgb, (-TOLERANCE,) * 3, (1 + TOLERANCE,) * 3)
    outside = np.flatnonzero(fits == 0)
    if outside.size:
        picked = (plane.reshape(1, -1)[:, outside] for plane in (fy, luminance, fx, fz))
        rgb.reshape(-1, 3)[outside] = desaturate(*picked)
    return rgb


def desaturate(fy: Plane, luminance: Plane, fx: Plane, fz: Plane) -> Plane:
    """(1, N) planes of out-of-gamut colours → (N, 3) linear RGB: the most saturated of that hue and lightness in sRGB.

    Halves its way to the largest t in 0…1 for which (fy, fy + t·(fx − fy), fy + t·(fz − fy)) is inside. (False position
    needs fewer steps on most pixels, and on a few near black gets nowhere: they would stay gray.)
    """
    p, q = fx - fy, fz - fy
    inside, step = np.zeros_like(fy), 0.5
    for _ in range(HALVINGS):
        t = inside + step
        inside = np.where(_margin(_linear_rgb(luminance, fy + t * p, fy + t * q)) >= -TOLERANCE, t, inside)
        step /= 2
    return np.concatenate(_linear_rgb(luminance, fy + inside * p, fy + inside * q)).T


def _linear_rgb(luminance: Plane, fx: Plane, fz: Plane) -> list[Plane]:
    """Linear RGB as luminance plus what X and Z differ from it: a gray stays exactly gray."""
    dx, dz = cv2.subtract(_expand(fx), luminance), cv2.subtract(_expand(fz), luminance)
    return [
        np.asarray(cv2.scaleAdd(dz, z, cv2.scaleAdd(dx, x, luminance)))
        for x, z in zip(_X_TO_RGB, _Z_TO_RGB, strict=True)
    ]


def _expand(compressed: Plane) -> Plane:
    """`lab.expand` in four passes."""
    bend = np.maximum(compressed, compressed.dtype.type(DELTA))
    return np.asarray(cv2.scaleAdd(cv2.subtract(compressed, bend), TOE_SLOPE, cv2.pow(bend, 3)))


def _margin(rgb: list[Plane]) -> Plane:
    """How far inside 0…1 the channel that is closest to leaving is; negative outside."""
    lowest = np.minimum(np.minimum(rgb[0], rgb[1]), rgb[2])
    highest = np.maximum(np.maximum(rgb[0], rgb[1]), rgb[2])
    return np.asarray(np.minimum(lowest, 1 - highest))
