"""What old photos went through, done to training photos: crop, film response, fading, blur, grain, film borders.

All functions take their random numbers from the generator they are given, so that a sample can be made again.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.film import ORTHOCHROMATIC
from colorizer_cli.color.lab import LUMINANCE, linear_to_srgb

Generator = np.random.Generator
Array = NDArray[np.float32]


def random_crop(
    photo: NDArray[np.uint8], size: int, rng: Generator, smallest: float = 0.65, stretch: float = 1.0
) -> NDArray[np.uint8]:
    """(H, W, 3) → (size, size, 3): a square of `smallest`…1 of the short side, mirrored half of the time.

    `stretch` > 1: a rectangle instead, up to so many times as wide as high or as high as wide, made square.
    """
    height, width = photo.shape[:2]
    side = min(height, width) * rng.uniform(smallest, 1)
    ratio = stretch ** rng.uniform(-0.5, 0.5) if stretch > 1 else 1.0  # of both sides to `side`, one inverted
    across, down = (max(1, min(round(side * part), whole)) for part, whole in ((ratio, width), (1 / ratio, height)))
    top, left = rng.integers(0, height - down + 1), rng.integers(0, width - across + 1)
    crop = photo[top : top + down, left : left + across]
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    interpolation = cv2.INTER_AREA if min(across, down) > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(crop), (size, size), interpolation=interpolation), np.uint8)


def film_response(linear: Array, rng: Generator, probability: float = 0.4) -> Array:
    """(H, W, 3) linear RGB → (H, W) sRGB-encoded gray, through luminance or a random film's sensitivity to R, G, B."""
    weights = LUMINANCE
    if rng.random() < probability:
        weights = ORTHOCHROMATIC if rng.random() < 0.25 else rng.dirichlet([1.5, 2.5, 1.5])
    gray = linear @ weights.astype(np.float32)
    return np.asarray(linear_to_srgb(gray), np.float32)


def age(gray: Array, rng: Generator) -> Array:
    """(H, W) gray 0…1 → the same after some decades: gamma, lifted blacks, dulled whites, blur, grain."""
    if rng.random() < 0.4:
        gray = gray ** np.float32(np.exp(rng.uniform(-0.3, 0.3)))
    if rng.random() < 0.3:
        black, white = rng.uniform(0, 0.15), rng.uniform(0.85, 1)
        gray = np.float32(black) + gray * np.float32(white - black)
    if rng.random() < 0.2:
        gray = np.asarray(cv2.GaussianBlur(gray, (0, 0), rng.uniform(0.3, 1.0)), np.float32)
    if rng.random() < 0.3:
        gray = gray + rng.normal(0, rng.uniform(0.005, 0.04), gray.shape).astype(np.float32)
    return np.clip(gray, 0, 1)


def film_border(gray: Array, ab: Array, rng: Generator, probability: float = 0.06) -> None:
    """Paints, in place and seldom, a black or white neutral margin, as film rebates and paper prints have."""
    if rng.random() >= probability:
        return
    size = gray.shape[0]
    tone = rng.uniform(0, 0.15) if rng.random() < 0.5 else rng.uniform(0.8, 1)
    top, bottom, left, right = (int(width) for width in rng.integers(0, max(2, size // 10), 4))
    inside = np.zeros(gray.shape, bool)
    inside[top : size - bottom, left : size - right] = True
    gray[~inside] = tone + rng.normal(0, 0.02)
    ab[~inside] = 0
    np.clip(gray, 0, 1, out=gray)


def random_hints(ab: Array, rng: Generator, probability: float) -> Array:
    """(H, W, 2) true a/b → (3, H, W) hints a, b, presence: geometric(0.2) square patches of 1…H/14 px, or none."""
    size = ab.shape[0]
    hints = np.zeros((3, size, size), np.float32)
    if rng.random() < probability:
        for _ in range(rng.geometric(0.2)):
            place_hint(hints, ab, int(rng.integers(1, max(2, size // 14 + 1))), rng)
    return hints


def place_hint(hints: Array, ab: Array, patch: int, rng: Generator) -> None:
    """Writes the mean true a/b of a random patch of `patch` px into the (3, H, W) hints, in place."""
    height, width = ab.shape[:2]
    top, left = rng.integers(0, height - patch + 1), rng.integers(0, width - patch + 1)
    region = np.s_[top : top + patch, left : left + patch]
    hints[0][region], hints[1][region] = ab[region].mean(axis=(0, 1))
    hints[2][region] = 1
