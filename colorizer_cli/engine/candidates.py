"""Different plausible colours for one photo: at the places that settle most of the rest, another likely colour each.

A candidate is a few hints that the model gave itself. The network then spreads each over its object as it does a
user's: results differ by regions and not by pixels, and differ little where the network is sure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import lab_to_linear, linear_to_srgb
from colorizer_cli.engine.hints import Hint
from colorizer_cli.engine.questions import places

PLACES = 4  # of each candidate
SPREAD = 18.0  # Lab units: how far apart two colours are for the second one to be another colour
PLAUSIBLE = 0.15  # of the likeliest bin's probability: less likely ones are no guess to show
RADIUS = 0.02  # of the picture's diagonal

Array = NDArray[np.float32]
Box = tuple[float, float, float, float]


def candidate(
    logits: Array, lightness: Array, box: Box, bins: Array, number: int, predict: Callable[[Sequence[Hint]], Array]
) -> Array:
    """→ the logits of candidate `number` (1: the network's own answer, which is `logits`).

    `logits` (K, h, w) and `lightness` (H, W) L 0…100 of the picture; `box` its place in the photo's pixels; `bins`
    (K, 2); `predict` runs the network with hints. The same candidate each time.
    """
    rng = np.random.default_rng(number)
    hints: list[Hint] = []
    coarse = at_grid(lightness, logits.shape[1:])
    for turn, (x, y) in enumerate(places(logits, coarse, PLACES) if number > 1 else ()):
        row, column = int(y * logits.shape[1]), int(x * logits.shape[2])
        colours, shares = distinct_colours(logits[:, row, column], bins)
        # the first place takes its colours in turn, so that candidates differ; the others as likely as they are
        chosen = (number - 1) % len(colours) if turn == 0 else int(rng.choice(len(colours), p=shares))
        hints.append(hint_at(x, y, box, float(coarse[row, column]), colours[chosen]))
        logits = predict(hints)
    return logits


def hint_at(x: float, y: float, box: Box, lightness: float, ab: Array) -> Hint:
    """A hint of that a and b at x, y (0…1 of the picture), as its colour looks at the place's lightness."""
    left, top, right, bottom = box
    rgb = linear_to_srgb(np.clip(lab_to_linear(np.array([lightness, *ab], np.float64)), 0, 1))
    colour = "#" + "".join(f"{level:02x}" for level in np.rint(rgb * 255).astype(int))
    radius = RADIUS * float(np.hypot(right - left, bottom - top))
    return Hint(round(left + x * (right - left), 1), round(top + y * (bottom - top), 1), colour, round(radius, 1))


def at_grid(lightness: Array, grid: tuple[int, ...]) -> Array:
    """(H, W) → (h, w), averaged."""
    return np.asarray(cv2.resize(lightness, (grid[1], grid[0]), interpolation=cv2.INTER_AREA), np.float32)


def distinct_colours(
    column: Array, bins: Array, spread: float = SPREAD, plausible: float = PLAUSIBLE
) -> tuple[Array, NDArray[np.float64]]:
    """(K,) logits of one place → (M, 2) a/b of distinct plausible colours, the likeliest first, and (M,) how likely
    each is. A colour is the mean of the bins around one that is likely (at least `plausible` times as likely as the
    likeliest) and at least `spread` from the likelier ones."""
    scores = np.exp(column.astype(np.float64) - column.max())
    seeds: list[int] = []
    for candidate in np.argsort(-scores, kind="stable"):
        if scores[candidate] < plausible:
            break
        if all(np.hypot(*(bins[candidate] - bins[seed])) >= spread for seed in seeds):
            seeds.append(int(candidate))
    nearest = ((bins[:, None] - bins[seeds]) ** 2).sum(axis=-1).argmin(axis=1)
    shares = np.bincount(nearest, scores, len(seeds))
    means = np.stack([np.bincount(nearest, scores * axis, len(seeds)) for axis in bins.T], axis=-1) / shares[:, None]
    order = np.argsort(-shares, kind="stable")
    return means[order].astype(np.float32), shares[order] / shares.sum()
