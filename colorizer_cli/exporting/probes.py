"""Gray photos at the network's input size, to compare two networks on, or to take int8's ranges from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.engine.composition import network_size
from colorizer_cli.errors import ColorizerError, PhotoError
from colorizer_cli.photo.reading import read_photo
from colorizer_cli.photo.usable import photos_below

Gray = NDArray[np.float32]


def generated(count: int, size: int, seed: int = 0) -> list[Gray]:
    """`count` (1, 1, H, W) float32 grays 0…1 of an area of about size², no two of one shape.

    Noise with the spectrum of natural scenes (amplitude ∝ 1 / frequency: Field, 1987), with some flat shapes in it.
    """
    rng = np.random.default_rng(seed)
    sides = rng.integers(3 * size, 6 * size, (count, 2))
    return [_scene(rng, *network_size(int(width), int(height), size)) for width, height in sides]


def _scene(rng: np.random.Generator, width: int, height: int) -> Gray:
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1
    spectrum = np.exp(2j * np.pi * rng.random(frequency.shape)) / frequency
    spectrum[0, 0] = 0
    gray = np.fft.irfft2(spectrum, (height, width))
    gray = 0.5 + 0.2 * gray / gray.std()
    for _ in range(int(rng.integers(2, 7))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(4, width // 3)), int(rng.integers(4, height // 3)))
        mask = cv2.ellipse(np.zeros((height, width), np.uint8), centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
        gray = np.where(mask, 0.3 * gray + 0.7 * rng.random(), gray)
    return np.asarray(np.clip(gray, 0, 1)[None, None], np.float32)


def of_photos(folder: Path, count: int, size: int, seed: int = 0) -> list[Gray]:
    """Up to `count` photos below `folder`, chosen by `seed`, as the network sees them.

    Raises PhotoError where there are fewer than two.
    """
    files: Sequence[Path] = photos_below([folder]) if folder.is_dir() else []
    found: list[Gray] = []
    for i in np.random.default_rng(seed).permutation(len(files)):
        if len(found) == count:
            break
        try:
            photo = read_photo(files[i])
            gray = photo.gray_thumbnail(*network_size(photo.width, photo.height, size))
        except (ColorizerError, OSError):
            continue
        found.append(np.asarray(gray, np.float32)[None, None])
    if len(found) < 2:
        raise PhotoError(f"{len(found)} photos that can be read below {folder}; at least 2 needed")
    return found
