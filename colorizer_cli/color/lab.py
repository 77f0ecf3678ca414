"""sRGB ↔ CIELAB (D65, 2° observer) on float arrays.

Sources: IEC 61966-2-1 (sRGB transfer function and primaries), CIE 15:2004 (CIELAB).
Channels are the last axis. L is 0…100; a and b are unbounded, about −110…110 inside sRGB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.floating]

DELTA = 6 / 29  # where CIELAB's cube root becomes linear
TOE_SLOPE = 3 * DELTA**2
LUMINANCE = np.array([0.212639, 0.715169, 0.072192])  # linear sRGB → Y (sums to 1)
RGB_TO_XYZ = np.array(
    [
        [0.4123908, 0.3575843, 0.1804808],
        [0.2126390, 0.7151687, 0.0721923],
        [0.0193308, 0.1191948, 0.9505322],
    ]
)
WHITE = RGB_TO_XYZ.sum(axis=1)  # D65, as the primaries imply it: gray has a = b = 0 exactly
RGB_TO_RELATIVE_XYZ = RGB_TO_XYZ / WHITE[:, None]
RELATIVE_XYZ_TO_RGB = np.linalg.inv(RGB_TO_RELATIVE_XYZ)  # rows sum to 1


def srgb_to_linear(encoded: Float) -> Float:
    """sRGB-encoded values 0…1 → linear light 0…1, any shape (IEC 61966-2-1)."""
    low = encoded / 12.92
    high = ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, low, high).astype(encoded.dtype, copy=False)


def linear_to_srgb(linear: Float) -> Float:
    """Linear light 0…1 → sRGB-encoded values 0…1, any shape. The inverse of `srgb_to_linear`."""
    high = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, linear * 12.92, high).astype(linear.dtype, copy=False)


def compress(relative: Float) -> Float:
    """CIELAB's f: tristimulus value relative to white (0…1) → compressed value (16/116…1)."""
    root = np.cbrt(np.maximum(relative, DELTA**3))
    return np.where(relative > DELTA**3, root, relative / TOE_SLOPE + 4 / 29).astype(relative.dtype, copy=False)


def expand(compressed: Float) -> Float:
    """The inverse of `compress`. CIELAB's toe is the tangent of the cube at 6/29, hence no branch is needed."""
    bend = np.maximum(compressed, DELTA)
    cube = bend * bend * bend  # several times as fast as bend**3
    return np.asarray(cube + TOE_SLOPE * (compressed - bend))


def luminance_to_lightness(luminance: Float) -> Float:
    """Relative luminance Y 0…1 → lightness L* 0…100, any shape."""
    return 116 * compress(luminance) - 16


def lightness_to_luminance(lightness: Float) -> Float:
    """Lightness L* 0…100 → relative luminance Y 0…1, any shape."""
    return expand((lightness + 16) / 116)


def gray_to_lightness(gray: Float) -> Float:
    """sRGB-encoded gray 0…1 → lightness L* 0…100, any shape."""
    return luminance_to_lightness(srgb_to_linear(gray))


def srgb_to_lab(rgb: Float) -> Float:
    """(…, 3) sRGB-encoded 0…1 → (…, 3) L 0…100, a, b; same dtype."""
    return linear_to_lab(srgb_to_linear(rgb))


def linear_to_lab(linear: Float) -> Float:
    """(…, 3) linear sRGB → (…, 3) L 0…100, a, b; same dtype."""
    fx, fy, fz = np.moveaxis(compress(linear @ RGB_TO_RELATIVE_XYZ.T.astype(linear.dtype)), -1, 0)
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def lab_to_linear(lab: Float) -> Float:
    """(…, 3) L 0…100, a, b → (…, 3) linear sRGB, outside 0…1 where sRGB cannot show the colour; same dtype."""
    fy = (lab[..., 0] + 16) / 116
    relative_xyz = expand(np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], axis=-1))
    return relative_xyz @ RELATIVE_XYZ_TO_RGB.T.astype(lab.dtype)
