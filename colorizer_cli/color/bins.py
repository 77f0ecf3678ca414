"""The a/b plane cut into square bins: what the distribution head predicts over.

Source: Zhang, Isola, Efros, "Colorful Image Colorization" (ECCV 2016), with bins over the whole sRGB cube.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import srgb_to_lab


def gamut_bins(grid: int = 10, steps: int = 32) -> NDArray[np.float32]:
    """(K, 2) float32 centres (a, b), in Lab units, of the `grid`-sized bins that any sRGB colour falls into.

    Sorted by a, then b. `steps` colours per sRGB channel are tried: with 32, a grid of 10 has K = 259 (finer steps
    add two or three bins that only a corner of the cube touches).
    """
    levels = np.linspace(0, 1, steps)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    cells = np.round(srgb_to_lab(cube)[:, 1:] / grid).astype(int)
    return (np.unique(cells, axis=0) * grid).astype(np.float32)


def nearest_bin(ab: NDArray[np.floating], bins: NDArray[np.float32]) -> NDArray[np.intp]:
    """(…, 2) a/b → (…) index of the nearest of the (K, 2) bins."""
    # |ab − bin|² without its |ab|² part, which is the same for every bin: one matrix product
    return np.asarray((ab @ bins.T - (bins**2).sum(axis=1) / 2).argmax(axis=-1))


def histogram(ab: NDArray[np.floating], bins: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 2) a/b → (K,) float32 frequencies over the bins, summing to 1."""
    counts = np.bincount(nearest_bin(ab, bins), minlength=len(bins))
    return np.asarray(counts / max(counts.sum(), 1), np.float32)
