"""Which vividness gives about as much colour as true photos have: measured on validation photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from colorizer_cli.color.chroma_field import ChromaField
from colorizer_cli.color.colourfulness import colourfulness
from colorizer_cli.color.decoding import decode
from colorizer_cli.color.lab import LUMINANCE, gray_to_lightness, linear_to_srgb, srgb_to_lab
from colorizer_cli.models.hybrid import HybridUNet
from colorizer_cli.training.cache import Photos
from colorizer_cli.training.dataset import BYTE_TO_LINEAR

ENOUGH = 0.92  # of the true photos' colourfulness; more would cost more error than it is worth
STEPS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0)


@dataclass(frozen=True)
class Point:
    """What one vividness gives: mean a/b squared error and mean colourfulness over the validation photos."""

    vividness: float
    ab_mse: float
    colourfulness: float


def vividness_curve(
    network: HybridUNet,
    caches: Sequence[Photos],
    bins: NDArray[np.float32],
    prior: NDArray[np.float32],
    every: int = 3,
) -> tuple[list[Point], float, float]:
    """→ (a point for each step, mean colourfulness of the true photos, a/b squared error of leaving them gray), over
    every third photo of the caches.

    Photos are coloured as the engine does it: guided upsampling, gamut mapping, 8 bits.
    """
    network.eval()
    figures: list[list[tuple[float, float]]] = []
    true: list[tuple[float, float]] = []
    for cache in caches:
        for i in range(0, len(cache), every):
            truth = np.asarray(cache[i])
            figures.append(_one_photo(network, truth, bins, prior))
            gray_error = float((srgb_to_lab(truth / np.float32(255))[..., 1:] ** 2).mean())
            true.append((colourfulness(truth.astype(np.float64)), gray_error))
    means = np.asarray(figures).mean(axis=0)
    points = [Point(v, float(m), float(c)) for v, (m, c) in zip(STEPS, means, strict=True)]
    true_colourfulness, gray_error = np.mean(true, axis=0).tolist()
    return points, true_colourfulness, gray_error


def choose_vividness(curve: Sequence[Point], true_colourfulness: float, gray_error: float) -> float:
    """The lowest step that is at least 92 % as colourful as the true photos; where none is, the highest.

    Steps whose error is not below `gray_error`, that of leaving the photos gray, are out of the question; if that is
    all of them, 0.
    """
    better = [point for point in curve if point.ab_mse < gray_error]
    enough = [point.vividness for point in better if point.colourfulness >= ENOUGH * true_colourfulness]
    return min(enough, default=max((point.vividness for point in better), default=0.0))


def _one_photo(
    network: HybridUNet, truth: NDArray[np.uint8], bins: NDArray[np.float32], prior: NDArray[np.float32]
) -> list[tuple[float, float]]:
    """(a/b squared error, colourfulness) of one photo at each step."""
    height, width = truth.shape[:2]
    stride = network.output_stride
    gray = np.asarray(linear_to_srgb(BYTE_TO_LINEAR[truth] @ LUMINANCE.astype(np.float32)), np.float32)
    with torch.inference_mode():
        logits = network(torch.from_numpy(gray)[None, None])[0].numpy()
    true_ab = srgb_to_lab(truth / np.float32(255))[..., 1:]
    lightness = np.asarray(gray_to_lightness(gray), np.float32)
    levels = np.round(gray * 65535).astype(np.uint16)
    found = []
    for vividness in STEPS:
        field = ChromaField.fit(lightness, decode(logits, bins, prior, vividness), stride)
        rgb = field.renderer(width, height, 8)(levels, 0)
        error = ((srgb_to_lab(rgb / np.float32(255))[..., 1:] - true_ab) ** 2).mean()
        found.append((float(error), colourfulness(rgb.astype(np.float64))))
    return found
