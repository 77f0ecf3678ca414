"""A PNG's gamma, stated in place of a profile (by scanners, Macs of old, linear renderings), as a profile that says the
same.

Sources: Portable Network Graphics (PNG) Specification, third edition, 11.3.2; ICC.1:2010 (profile version 4.3), 8.
"""

from __future__ import annotations

import struct

import numpy as np

from colorizer_cli.photo.rgb_profile import SRGB_TO_D50

USUAL, NEAR = 1 / 2.2, 0.05  # what sRGB is written as, and what libpng takes for the same
SANE = (0.1, 1.5)
WHITE = (0.9642, 1.0, 0.8249)  # D50


def stated_gamma(body: bytes) -> float | None:
    """A gAMA chunk's body → the exponent that the samples are encoded with, where that is plainly not sRGB's."""
    if len(body) != 4:
        return None
    gamma = struct.unpack(">I", body)[0] / 100_000
    usual = abs(gamma / USUAL - 1) <= NEAR
    return None if usual or not SANE[0] <= gamma <= SANE[1] else gamma


def profile(gamma: float, gray: bool) -> bytes:
    """An ICC profile for gray, or RGB with sRGB's primaries, whose samples are light to the power of `gamma`."""
    exponent = b"para" + bytes(4) + struct.pack(">HHi", 0, 0, round(65536 / gamma))
    tags = {
        b"desc": _text(f"PNG gamma {gamma:.5f}"),
        b"cprt": _text("public domain"),
        b"wtpt": _xyz(WHITE),
    }
    if gray:
        tags[b"kTRC"] = exponent
    else:
        for number, channel in enumerate((b"r", b"g", b"b")):
            tags[channel + b"XYZ"] = _xyz(SRGB_TO_D50[:, number])
            tags[channel + b"TRC"] = exponent
    directory, body = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        directory += struct.pack(">4sII", name, 128 + 4 + 12 * len(tags) + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    size = 128 + len(directory) + len(body)
    space = b"GRAY" if gray else b"RGB "
    header = struct.pack(">I4sI4s4s4s12x4s", size, bytes(4), 0x04300000, b"mntr", space, b"XYZ ", b"acsp")
    illuminant = struct.pack(">3i", *(round(value * 65536) for value in WHITE))
    return (header.ljust(68, b"\0") + illuminant).ljust(128, b"\0") + directory + body


def _xyz(values: tuple[float, ...] | np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(float(value) * 65536) for value in values))


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(encoded), 28) + encoded
