"""Drawn pages for the network that tells negatives: letters, lists and forms lie in archives between the photos, and
dark ink on light paper is no negative."""

from __future__ import annotations

import string

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FONTS = tuple(range(8))  # OpenCV's Hershey fonts, two of them like handwriting
LETTERS = np.array(list(string.ascii_letters + string.digits + 8 * string.ascii_lowercase + 30 * " " + ",.;"))


def document(rng: np.random.Generator, side: int) -> Array:
    """→ (side, side) gray 0…1, sRGB-encoded: lines of text, rules, frames and stamps, darker than the paper."""
    size = 2 * side
    ink = np.zeros((size, size), np.uint8)
    if rng.random() < 0.85:
        _write(ink, rng)
    for _ in range(int(rng.integers(1, 6)) if rng.random() < 0.4 or not ink.any() else 0):
        _draw(ink, rng)
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), rng.normal(0, 2), rng.uniform(0.7, 1.3))
    covered = cv2.warpAffine(ink, turn, (size, size), flags=cv2.INTER_LINEAR)
    small = cv2.resize(covered, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    paper = rng.uniform(0.5, 1)
    darkness = rng.uniform(0.4, 1)
    stains = cv2.resize(rng.normal(0, 1, (6, 6)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    sheet = np.float32(paper) + np.float32(rng.uniform(0, 0.06)) * stains
    return np.asarray(np.clip(sheet * (1 - np.float32(darkness) * small), 0, 1), np.float32)


def _write(ink: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Lines of random letters, in place."""
    size = len(ink)
    scale = rng.uniform(0.25, 1.3)
    font, thickness = int(rng.choice(FONTS)), max(1, round(scale * rng.uniform(1, 3)))
    left, right = (int(size * rng.uniform(0, 0.25)) for _ in range(2))
    step = int(scale * rng.uniform(28, 55))
    last = int(size * (1 if rng.random() < 0.6 else rng.uniform(0.2, 1)))
    for bottom in range(int(size * rng.uniform(0.03, 0.3)), last, step):
        count = int((size - left - right) / (18 * scale) * rng.uniform(0.5, 1))
        text = "".join(rng.choice(LETTERS, max(1, count)))
        cv2.putText(ink, text, (left, bottom), font, scale, 255, thickness, cv2.LINE_AA)


def _draw(ink: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """A rule, a frame, a stamp or a stroke, in place."""
    size = len(ink)
    (x0, y0), (x1, y1) = ((int(value) for value in rng.integers(0, size, 2)) for _ in range(2))
    kind, thickness = rng.integers(4), int(rng.integers(1, 5))
    if kind == 0:
        cv2.line(ink, (0, y0), (size, y0), 255, thickness)
    elif kind == 1:
        cv2.rectangle(ink, (x0, y0), (x1, y1), 255, thickness)
    elif kind == 2:
        cv2.circle(ink, (x0, y0), int(size * rng.uniform(0.03, 0.2)), 255, thickness)
    else:
        points = rng.integers(0, size, (int(rng.integers(3, 12)), 1, 2)).astype(np.int32)
        cv2.polylines(ink, [points], False, 255, thickness, cv2.LINE_AA)
