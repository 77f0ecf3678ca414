"""RGB profiles of the matrix and curve kind (Adobe RGB, Display P3, ProPhoto, scanners'), to and from sRGB, exactly.

libvips' colour engine interpolates 16-bit colours in a table and moves lightness by up to half an L* on the way; the
promise about lightness asks for better. Source: ICC.1:2010 (profile version 4.3), section F.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import srgb_to_linear
from colorizer_cli.photo import icc

STEPS = 2**16
# linear sRGB → XYZ relative to D50, the rows of every sRGB profile (IEC 61966-2-1, adapted as ICC.1 annex E has it)
SRGB_TO_D50 = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)


@dataclass(frozen=True)
class RgbProfile:
    """data    the profile itself
    curves  (3, 65536) float64, rising: encoded value 0…1 in even steps → linear 0…1, per channel
    matrix  (3, 3) linear of this profile → linear sRGB
    """

    data: bytes
    curves: NDArray[np.float64]
    matrix: NDArray[np.float64]

    @classmethod
    def parse(cls, data: bytes) -> RgbProfile | None:
        """None where the profile is damaged, is not for RGB, or is of another kind (look-up tables, Lab)."""
        return _parsed(data)

    @classmethod
    def from_tags(cls, data: bytes) -> RgbProfile | None:
        """`parse`, but damaged profiles raise."""
        tags = icc.read_tags(data, b"RGB ")
        if tags is None or b"A2B0" in tags:
            return None
        columns = [_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
        matrix = np.linalg.solve(SRGB_TO_D50, np.stack(columns, axis=1))
        even = np.linspace(0, 1, STEPS)
        curves = np.stack([icc.curve(tags[name])(even) for name in (b"rTRC", b"gTRC", b"bTRC")])
        rising = np.isfinite(curves).all() and (np.diff(curves) >= 0).all() and (curves[:, -1] > 0.9).all()
        if not rising or np.abs(matrix.sum(axis=1) - 1).max() > 0.02:  # white must be white
            return None
        return cls(data, curves, matrix / matrix.sum(axis=1, keepdims=True))  # gray must be exactly gray

    def linear_table(self, bits: int) -> NDArray[np.float64]:
        """(3, 2^bits) encoded level → linear 0…1."""
        return self.curves if bits == 16 else self.curves[:, np.arange(256) * 257]

    def encode(self, srgb: NDArray[np.uint16], bits: int) -> NDArray[np.integer]:
        """(…, 3) sRGB of 16 bits → the same colours in this profile's encoding, uint8 or uint16; clipped to it."""
        linear = self._srgb_linear[srgb] @ np.linalg.inv(self.matrix).T
        top, even = 2**bits - 1, np.linspace(0, 1, STEPS)
        encoded = [np.interp(linear[..., i], curve, even) for i, curve in enumerate(self.curves)]
        levels: NDArray[np.integer] = np.round(np.stack(encoded, axis=-1) * top).astype(f"uint{bits}")
        return levels

    @cached_property
    def _srgb_linear(self) -> NDArray[np.float64]:
        return np.asarray(srgb_to_linear(np.linspace(0, 1, STEPS)), np.float64)


@lru_cache(maxsize=4)
def _parsed(data: bytes) -> RgbProfile | None:
    try:
        with np.errstate(all="ignore"):  # what a damaged curve overflows to is found unfit afterwards
            return RgbProfile.from_tags(data)
    except (*icc.DAMAGED, np.linalg.LinAlgError):
        return None


def is_srgb(profile: bytes) -> bool:
    """Whether an RGB profile is sRGB for all purposes: no 8-bit level moves by more than half a level."""
    parsed = RgbProfile.parse(profile)
    if parsed is None:
        return False
    levels = np.linspace(0, 1, 256)
    curves_agree = np.abs(parsed.linear_table(8) - srgb_to_linear(levels)).max() < 1e-3
    return bool(curves_agree and np.abs(parsed.matrix - np.eye(3)).max() < 2e-3)


def _xyz(tag: bytes) -> tuple[float, float, float]:
    if tag[:4] != b"XYZ ":
        raise ValueError("no XYZ tag")
    x, y, z = struct.unpack(">3i", tag[8:20])
    return x / 65536, y / 65536, z / 65536
