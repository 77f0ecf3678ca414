"""The palette of colour photos, as a network input: a result that looks as if it were taken with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.bins import histogram
from colorizer_cli.color.lab import srgb_to_lab
from colorizer_cli.errors import UsageError
from colorizer_cli.photo.photo import Photo
from colorizer_cli.photo.reading import read_photo

SIDE = 128  # px, square root of the area that colours are counted on: about what training counts on
GRAY_CHROMA = 3.0  # Lab units: a photo of less mean chroma shows no palette


@dataclass(frozen=True)
class Palette:
    """frequencies  of the weights' a/b bins, averaged over the references; sum to 1
    names        of the reference files, for provenance; none where it is the palette of the photo's own series
    """

    frequencies: tuple[float, ...]
    names: tuple[str, ...] = ()

    def array(self) -> NDArray[np.float32]:
        """(1, K + 1) float32 for the network: square roots of the frequencies, then presence 1."""
        return np.append(np.sqrt(np.asarray(self.frequencies, np.float32)), np.float32(1))[None]


def palette_like(references: Sequence[str | Path], bins: NDArray[np.float32]) -> Palette:
    """`bins` (K, 2). Raises PhotoError where a reference cannot be read, UsageError where one has no colours."""
    return averaged([palette_of(read_photo(reference), bins) for reference in references])


def palette_of(photo: Photo, bins: NDArray[np.float32]) -> Palette:
    """Of one colour photo; `bins` (K, 2). Raises UsageError where it has no colours."""
    scale = min(1.0, SIDE / (photo.width * photo.height) ** 0.5)
    rgb = photo.thumbnail(max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    ab = srgb_to_lab(rgb.astype(np.float32) / 255)[..., 1:].reshape(-1, 2)
    if np.hypot(*ab.T).mean() < GRAY_CHROMA:
        raise UsageError(f"--like {photo.name} has no colours to take; expected a colour photo")
    return Palette(tuple(histogram(ab, bins).tolist()), (Path(photo.name).name,))


def averaged(palettes: Sequence[Palette]) -> Palette:
    """All of them as one, each with the same weight."""
    mean = np.mean([np.asarray(palette.frequencies, np.float32) for palette in palettes], axis=0)
    return Palette(tuple(mean.tolist()), tuple(name for palette in palettes for name in palette.names))
