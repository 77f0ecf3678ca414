"""Training samples, each a pure function of its number and the seed: a resumed run sees what an unbroken one would."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from colorizer_cli.color import bins as ab_bins
from colorizer_cli.color.lab import linear_to_lab, srgb_to_linear
from colorizer_cli.training import augmentation
from colorizer_cli.training.cache import Photos
from colorizer_cli.training.recipe import Recipe

BYTE_TO_LINEAR = srgb_to_linear(np.arange(256, dtype=np.float32) / 255)


class TrainingSamples(Dataset[dict[str, Tensor]]):
    """Sample n, counted over the whole run, is a random view of the photo at the n-th place of a shuffled epoch.

    The recipe's augmentation "film": crops, and what old photos went through (see `augmentation`); "flip": the largest
    square, mirrored half of the time. Its `hinted` and `palettes` are the shares of samples with hints and with the
    true palette.

    gray (1, S, S) 0…1; hints (3, S, S) a, b, presence; palette (K + 1,); ab (2, S/4, S/4) the target in Lab units.
    """

    def __init__(
        self,
        cache: Photos,
        bins: NDArray[np.float32],
        size: int,
        first: int,
        count: int,
        stride: int,
        recipe: Recipe,
    ) -> None:
        self.cache, self.bins, self.size, self.stride, self.recipe = cache, bins, size, stride, recipe
        self.first, self.count = first, count
        self._epoch = -1
        self._order = np.empty(0, np.intp)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, n: int) -> dict[str, Tensor]:
        number = self.first + n
        rng = np.random.default_rng((self.recipe.seed, number))
        old = self.recipe.augmentation == "film"
        smallest, stretch = (self.recipe.smallest_crop, self.recipe.stretch) if old else (1.0, 1.0)
        crop = augmentation.random_crop(self.cache[self._photo(number)], self.size, rng, smallest, stretch)
        linear = BYTE_TO_LINEAR[crop]
        ab = np.ascontiguousarray(linear_to_lab(linear)[..., 1:])
        gray = augmentation.film_response(linear, rng, 0.4 if old else 0)
        if old:
            gray = augmentation.age(gray, rng)
            augmentation.film_border(gray, ab, rng)
        target = cv2.resize(ab, (self.size // self.stride,) * 2, interpolation=cv2.INTER_AREA)
        return {
            "gray": torch.from_numpy(gray[None]),
            "hints": torch.from_numpy(augmentation.random_hints(ab, rng, self.recipe.hinted)),
            "palette": torch.from_numpy(self._palette(np.asarray(target, np.float32), rng)),
            "ab": torch.from_numpy(np.ascontiguousarray(np.moveaxis(target, -1, 0))),
        }

    def _photo(self, number: int) -> int:
        epoch, place = divmod(number, len(self.cache))
        if epoch != self._epoch:
            self._epoch = epoch
            self._order = np.random.default_rng((self.recipe.seed, epoch, 1)).permutation(len(self.cache))
        return int(self._order[place])

    def _palette(self, ab: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        if rng.random() < self.recipe.palettes:
            return palette_of(ab.reshape(-1, 2), self.bins)
        return np.zeros(len(self.bins) + 1, np.float32)


def palette_of(ab: NDArray[np.float32], bins: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 2) a/b → (K + 1,) palette input: square root of the bins' frequencies, then presence 1."""
    return np.append(np.sqrt(ab_bins.histogram(ab, bins)), np.float32(1))
