"""Merging lightness with chroma: CIELAB → linear sRGB, out-of-gamut colours desaturated along their hue.

The lightness is the original's and is never given up: a colour that sRGB cannot show at this lightness gets less
chroma, at the same hue angle. Works on planes in CIELAB's compressed units (f of CIE 15:2004), where
fy = (L + 16) / 116, p = a / 500 and q = −b / 200, so that x = fy + p and z = fy + q.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import DELTA, RELATIVE_XYZ_TO_RGB, TOE_SLOPE

Plane = NDArray[np.floating]

TOLERANCE = np.float32(1e-4)  # linear light; clipped without a visible or measurable (ΔL* < 0.03) trace
ITERATIONS = 8
_X_TO_RGB, _Z_TO_RGB = (RELATIVE_XYZ_TO_RGB[:, i].astype(np.float32) for i in (0, 2))


def merge(fy: Plane, luminance: Plane, p: Plane, q: Plane) -> tuple[Plane, Plane, Plane]:
    """Planes of one shape, float32 → linear R, G, B planes, each 0…1, whose luminance is `luminance` (Y, 0…1).

    `fy` is the compressed luminance. Colours outside sRGB are moved towards gray at constant lightness and hue.
    """
    rgb = _linear_rgb(fy, luminance, p, q)
    lowest = np.minimum(np.minimum(rgb[0], rgb[1]), rgb[2])
    highest = np.maximum(np.maximum(rgb[0], rgb[1]), rgb[2])
    outside = np.flatnonzero((lowest < -TOLERANCE) | (highest > 1 + TOLERANCE))
    if outside.size:
        inside = desaturate(*(plane.ravel()[outside] for plane in (fy, luminance, p, q)))
        for channel, mapped in zip(rgb, inside, strict=True):
            channel.ravel()[outside] = mapped
    for channel in rgb:
        np.clip(channel, 0, 1, out=channel)
    return rgb


def desaturate(fy: Plane, luminance: Plane, p: Plane, q: Plane) -> tuple[Plane, Plane, Plane]:
    """(N,) out-of-gamut colours → linear R, G, B of the most saturated colour of that hue and lightness in sRGB.

    Finds the largest t in 0…1 for which (fy, t·p, t·q) is inside, by the Illinois variant of false position
    (Dowell and Jarratt, 1971): an end that stays twice in a row counts half, so that neither creeps.
    """
    inside, outside = np.zeros_like(fy), np.ones_like(fy)
    weight_inside = np.minimum(luminance, 1 - luminance)
    weight_outside = _margin(_linear_rgb(fy, luminance, p, q))
    previous = np.zeros(fy.shape, np.int8)  # +1: the last step moved `inside`, −1: `outside`
    for _ in range(ITERATIONS):
        t = inside + (outside - inside) * (weight_inside / np.maximum(weight_inside - weight_outside, 1e-12))
        margin = _margin(_linear_rgb(fy, luminance, t * p, t * q))
        fits = margin >= 0
        weight_outside = np.where(fits, np.where(previous == 1, weight_outside / 2, weight_outside), margin)
        weight_inside = np.where(fits, margin, np.where(previous == -1, weight_inside / 2, weight_inside))
        inside, outside = np.where(fits, t, inside), np.where(fits, outside, t)
        previous = np.where(fits, np.int8(1), np.int8(-1))
    return _linear_rgb(fy, luminance, inside * p, inside * q)


def _linear_rgb(fy: Plane, luminance: Plane, p: Plane, q: Plane) -> tuple[Plane, Plane, Plane]:
    """Linear RGB as luminance plus what X and Z differ from it: a gray stays exactly gray."""
    dx, dz = _expand(fy + p), _expand(fy + q)
    dx -= luminance
    dz -= luminance
    red, green, blue = (x * dx for x in _X_TO_RGB)
    for channel, z in zip((red, green, blue), _Z_TO_RGB, strict=True):
        np.add(channel, z * dz, out=channel)
        np.add(channel, luminance, out=channel)
    return red, green, blue


def _expand(compressed: Plane) -> Plane:
    """`lab.expand`, in place where it can be: this runs on every pixel of the photo."""
    bend = np.maximum(compressed, np.float32(DELTA))
    compressed -= bend
    compressed *= np.float32(TOE_SLOPE)
    cube = bend * bend
    cube *= bend
    compressed += cube
    return compressed


def _margin(rgb: tuple[Plane, Plane, Plane]) -> Plane:
    """How far inside 0…1 the channel that is closest to leaving is; negative outside."""
    lowest = np.minimum(np.minimum(rgb[0], rgb[1]), rgb[2])
    highest = np.maximum(np.maximum(rgb[0], rgb[1]), rgb[2])
    return np.asarray(np.minimum(lowest, 1 - highest))
