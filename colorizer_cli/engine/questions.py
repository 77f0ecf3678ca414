"""Where knowing the colour would settle most of the rest: places to ask the user about.

A place is worth asking about if the network is unsure there and of much that probably has the same colour: what is
close, about as light, and of a similar distribution over the bins.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

NEAR = 0.15  # of the picture's diagonal: how far one object's colour reaches
ALIKE = 12.0  # L units
MOST_CELLS = 2500  # the answer is looked at no finer: every cell is compared with every other

Array = NDArray[np.float32]


def places(logits: Array, lightness: Array, count: int) -> list[tuple[float, float]]:
    """(K, h, w) logits and (h, w) L 0…100 on the same grid → up to `count` places, (x, y) each 0…1, the most telling
    first."""
    grid = _grid(*logits.shape[1:])
    probabilities = _probabilities(np.stack([_shrunk(plane, grid) for plane in logits]))
    light = _shrunk(lightness, grid).ravel()
    similarity = _similarity(probabilities, light, grid)
    open_entropy = -(probabilities * np.log(probabilities + 1e-9)).sum(axis=0)
    found: list[tuple[float, float]] = []
    for _ in range(count):
        gain = similarity @ open_entropy
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        row, column = divmod(best, grid[1])
        found.append(((column + 0.5) / grid[1], (row + 0.5) / grid[0]))
        open_entropy = open_entropy * (1 - similarity[best])  # what this answer will settle is not asked for again
    return found


def _similarity(probabilities: Array, light: Array, grid: tuple[int, int]) -> Array:
    """(N, N) 0…1: how much the colour of one cell says about another's."""
    rows, columns = np.mgrid[: grid[0], : grid[1]].reshape(2, -1).astype(np.float32)
    reach = NEAR * np.hypot(*grid)
    distance = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
    contrast = (light[:, None] - light) ** 2
    roots = np.sqrt(probabilities)
    overlap = roots.T @ roots  # Bhattacharyya coefficient of the two distributions
    return np.asarray(overlap**2 * np.exp(-distance / (2 * reach**2) - contrast / (2 * ALIKE**2)), np.float32)


def _grid(height: int, width: int) -> tuple[int, int]:
    scale = min(1.0, (MOST_CELLS / (height * width)) ** 0.5)
    return max(1, int(height * scale)), max(1, int(width * scale))


def _shrunk(plane: Array, grid: tuple[int, int]) -> Array:
    return np.asarray(cv2.resize(plane, (grid[1], grid[0]), interpolation=cv2.INTER_AREA), np.float32)


def _probabilities(logits: Array) -> Array:
    """(K, h, w) logits → (K, h · w), summing to 1 over the bins."""
    scores = np.exp(logits - logits.max(axis=0)).reshape(len(logits), -1)
    return np.asarray(scores / scores.sum(axis=0), np.float32)
