"""Validation error of a network on colour photos: a/b mean squared error at vividness 0, with and without help."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer_cli.color.lab import LUMINANCE, linear_to_lab, linear_to_srgb
from colorizer_cli.training.augmentation import place_hint
from colorizer_cli.training.cache import Photos
from colorizer_cli.training.dataset import BYTE_TO_LINEAR, palette_of

BATCH = 30
HINTS, HINT_PATCH = 10, 6


def validate(
    network: nn.Module, cache: Photos, bins: NDArray[np.float32] | None, help_with: str = "none"
) -> dict[str, float]:
    """Mean over photos of the a/b squared error (both channels averaged, Lab units²), at the photos' own size.

    `bins` None: the network gives a/b itself. `help_with`: "none", "hints" (10 random true ones of 6 px) or
    "palette" (the photo's own). → {"ab_mse", "gray_ab_mse"}; the same figures on every run.
    """
    was_training = network.training
    network.eval()
    errors: list[float] = []
    baseline: list[float] = []
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    table = None if bins is None else torch.from_numpy(bins)
    with torch.inference_mode():
        for gray, ab, hints, palette in _batches(cache, bins, help_with):
            conditions = () if bins is None else (hints.to(device), palette.to(device))
            output = network(gray.to(device).contiguous(memory_format=torch.channels_last), *conditions).float().cpu()
            predicted = output if table is None else torch.einsum("nkhw,kc->nchw", output.softmax(1), table)
            predicted = _at_full_size(predicted, *gray.shape[-2:])
            errors += ((predicted - ab) ** 2).mean((1, 2, 3)).tolist()
            baseline += (ab**2).mean((1, 2, 3)).tolist()
    network.train(was_training)
    return {"ab_mse": float(np.mean(errors)), "gray_ab_mse": float(np.mean(baseline))}


def _at_full_size(predicted: Tensor, height: int, width: int) -> Tensor:
    """Bilinear, by the whole number of pixels that a cell stands for; what reaches beyond the photo is cut off."""
    stride = round(height / predicted.shape[-2])
    if stride == 1:
        return predicted
    return F.interpolate(predicted, scale_factor=stride, mode="bilinear", align_corners=False)[..., :height, :width]


def _batches(
    cache: Photos, bins: NDArray[np.float32] | None, help_with: str
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Photos of one shape together: none is squashed, none is padded more than it must be."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for i, shape in enumerate(cache.shapes):
        by_shape.setdefault(tuple(shape), []).append(i)
    for members in by_shape.values():
        for start in range(0, len(members), BATCH):
            samples = [_sample(cache[i], bins, help_with, i) for i in members[start : start + BATCH]]
            gray, ab, hints, palette = (torch.from_numpy(np.stack(column)) for column in zip(*samples, strict=True))
            yield gray, ab, hints, palette


def _sample(
    photo: NDArray[np.uint8], bins: NDArray[np.float32] | None, help_with: str, seed: int
) -> tuple[NDArray[np.float32], ...]:
    linear = BYTE_TO_LINEAR[photo]
    ab = linear_to_lab(linear)[..., 1:]
    gray = linear_to_srgb(linear @ LUMINANCE.astype(np.float32))
    hints = np.zeros((3, *gray.shape), np.float32)
    palette = np.zeros(1 if bins is None else len(bins) + 1, np.float32)
    if help_with == "hints":
        rng = np.random.default_rng(seed)
        for _ in range(HINTS):
            place_hint(hints, ab, HINT_PATCH, rng)
    if help_with == "palette" and bins is not None:
        palette = palette_of(ab.reshape(-1, 2), bins)
    return gray[None], np.ascontiguousarray(np.moveaxis(ab, -1, 0)), hints, palette
