"""Examples for the network that tells negatives: photos as prints and scans have them, and what film makes of them.

All functions take and give (h, w) float32 gray, sRGB-encoded 0…1, and their random numbers from the generator given.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import linear_to_srgb, srgb_to_linear
from colorizer_cli.training.augmentation import film_response
from colorizer_cli.training.dataset import BYTE_TO_LINEAR
from colorizer_cli.training.document_examples import document

Array = NDArray[np.float32]

SMALLEST = 0.6  # of a side: what a crop may show


def example(
    photo: NDArray[np.uint8], rng: np.random.Generator, side: int, turned: float = 0.0, documents: float = 0.0
) -> tuple[Array, bool]:
    """(H, W, 3) uint8 sRGB → ((side, side) gray, whether it is a negative): each half of the time.

    `turned`: share of the pictures that lie on a side or their head. `documents`: of those that are drawn pages.
    """
    if documents and rng.random() < documents:
        gray = document(rng, side)
    else:
        gray = exposed(film_response(BYTE_TO_LINEAR[_crop(photo, rng, side)], rng), rng)
    inverted = bool(rng.random() < 0.5)
    gray = scanned(negative(gray, rng) if inverted else gray, rng)
    if rng.random() < turned:
        gray = np.ascontiguousarray(np.rot90(gray, int(rng.integers(1, 4))))
    return gray, inverted


def exposed(gray: Array, rng: np.random.Generator) -> Array:
    """Night, snow, silhouettes: gamma within e^±0.9, a quarter with hard contrast that cuts off shadows and lights."""
    gray = np.clip(gray, 0, 1) ** np.float32(np.exp(np.clip(rng.normal(0, 0.4), -0.9, 0.9)))
    if rng.random() < 0.25:
        pivot = np.float32(np.percentile(gray, rng.uniform(20, 80)))
        gray = np.clip(pivot + np.float32(rng.uniform(1, 2.5)) * (gray - pivot), 0, 1)
    return np.asarray(gray, np.float32)


def negative(gray: Array, rng: np.random.Generator) -> Array:
    """Tones turned round, in equal parts: as an editor does it, in light, and as film does it."""
    kind = rng.integers(3)
    if kind == 0:
        return np.asarray(1 - gray, np.float32)
    linear = srgb_to_linear(gray)
    return np.asarray(linear_to_srgb(1 - linear if kind == 1 else _film(linear, rng)), np.float32)


def _film(exposure: Array, rng: np.random.Generator) -> Array:
    """Exposure → transmission of the developed film: density grows by γ a decade, from a toe (flare) to a shoulder.
    γ 0.4…0.9: pictorial film is developed to 0.5…0.7."""
    flare, shoulder = rng.uniform(0.005, 0.05), rng.uniform(0, 1)
    light = (exposure + flare) / (1 + shoulder * exposure)
    transmission = light ** -rng.uniform(0.4, 0.9)
    return np.asarray(transmission / transmission.max(), np.float32)


def scanned(gray: Array, rng: np.random.Generator) -> Array:
    """What a scan and some decades do, to photo and negative alike: gamma, fading, uneven light, blur, grain, rebates,
    mirroring."""
    gray = gray ** np.float32(np.exp(rng.uniform(-0.5, 0.5)))
    black, white = rng.uniform(0, 0.3), rng.uniform(0.7, 1)
    gray = np.float32(black) + gray * np.float32(white - black)
    if rng.random() < 0.2:
        down, across = (np.linspace(-1, 1, side) * rng.uniform(-0.2, 0.2) for side in gray.shape)
        gray = gray * np.asarray(1 + down[:, None] + across, np.float32)
    if rng.random() < 0.2:
        gray = np.asarray(cv2.GaussianBlur(gray, (0, 0), rng.uniform(0.3, 1)), np.float32)
    if rng.random() < 0.3:
        gray = gray + rng.normal(0, rng.uniform(0.02, 0.15) * gray.std(), gray.shape).astype(np.float32)
    if rng.random() < 0.15:
        _rebate(gray, rng)
    return np.ascontiguousarray(np.clip(gray[:, ::-1] if rng.random() < 0.5 else gray, 0, 1), np.float32)


def _rebate(gray: Array, rng: np.random.Generator) -> None:
    """Paints, in place, what is left of a border where its edge was not found: dark or light, whatever the picture."""
    tone = rng.uniform(0, 0.15) if rng.random() < 0.5 else rng.uniform(0.8, 1)
    height, width = gray.shape
    top, bottom, left, right = (int(border) for border in rng.integers(0, height // 10, 4))
    inside = np.zeros(gray.shape, bool)
    inside[top : height - bottom, left : width - right] = True
    gray[~inside] = tone


def _crop(photo: NDArray[np.uint8], rng: np.random.Generator, size: int) -> NDArray[np.uint8]:
    """A rectangle of SMALLEST…1 of either side, made square as the engine does."""
    (top, bottom), (left, right) = (_span(side, rng) for side in photo.shape[:2])
    crop = np.ascontiguousarray(photo[top:bottom, left:right])
    return np.asarray(cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _span(side: int, rng: np.random.Generator) -> tuple[int, int]:
    length = max(1, round(side * rng.uniform(SMALLEST, 1)))
    start = int(rng.integers(0, side - length + 1))
    return start, start + length
