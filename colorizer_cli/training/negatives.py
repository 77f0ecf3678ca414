"""Trains the small network that tells negatives: python -m colorizer_cli.training.negatives PHOTOS… -o negative.onnx

Each photo is shown as it is or inverted, with contrast, exposure, crop and noise varied, and once more inverted, as the
engine shows it: the difference of the two answers is to say which is the photo.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer_cli.engine.negative import FLATTEST, SIDE
from colorizer_cli.models.export import halve_weights

STORED = 128  # pixels of a photo's side in memory
SMALLEST = 72  # pixels of a crop's side
CHANNELS = (1, 24, 48, 96, 128, 160)
BATCH, LEARNING_RATE = 64, 3e-3


def network() -> nn.Sequential:
    """(N, 1, 96, 96) standardised gray → (N, 1) logit that it is a negative."""
    layers: list[nn.Module] = []
    for number, (before, after) in enumerate(itertools.pairwise(CHANNELS), start=2):
        stride = 1 if number == len(CHANNELS) else 2
        layers += [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(CHANNELS[-1], 1))


def examples(photos: Tensor, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """(N, 128, 128) uint8 → ((N, 1, 96, 96) gray, (N,) 1 where inverted)."""
    height, width = random.integers(SMALLEST, STORED + 1, 2)
    top, left = random.integers(0, STORED - height + 1), random.integers(0, STORED - width + 1)
    x = photos[:, None, top : top + height, left : left + width].float() / 255
    x = F.interpolate(x, size=(SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False).clamp(1e-3, 1)
    inverted = torch.from_numpy(random.random(len(x)) < 0.5)[:, None, None, None]

    def some(low: float, high: float) -> Tensor:
        return torch.from_numpy(random.uniform(low, high, (len(x), 1, 1, 1))).float()

    x = x ** some(-0.6, 0.6).exp()
    x = torch.where(inverted, 1 - x, x).clamp(1e-3, 1) ** some(-0.6, 0.6).exp()
    black, white = some(0, 0.3), some(0.7, 1)
    x = black + (white - black) * x + torch.randn_like(x) * 0.02 * float(random.random())
    return x.flip(-1) if random.random() < 0.5 else x, inverted.flatten().float()


def standardise(x: Tensor) -> Tensor:
    """As `engine.negative.standardise`, for (N, 1, H, W)."""
    return (x - x.mean((1, 2, 3), keepdim=True)) / (x.std((1, 2, 3), keepdim=True) + FLATTEST)


def train(photos: Tensor, epochs: int, seed: int = 0) -> nn.Sequential:
    """`photos` (N, 128, 128) uint8 → the trained network."""
    torch.manual_seed(seed)
    random, model = np.random.default_rng(seed), network()
    steps = max(1, epochs * len(photos) // BATCH)
    optimizer: Any = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps + 1)
    for _ in range(steps):
        x, inverted = examples(photos[torch.from_numpy(random.integers(0, len(photos), BATCH))], random)
        as_is, turned = model(torch.cat([standardise(x), standardise(1 - x)]))[:, 0].chunk(2)
        loss: Any = F.binary_cross_entropy_with_logits(as_is - turned, inverted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model.eval()


def read_photos(folders: list[Path]) -> Tensor:
    """All photos below the folders → (N, 128, 128) uint8 gray."""
    grays = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for folder in folders for path in sorted(folder.rglob("*.*")))
    small = [cv2.resize(gray, (STORED, STORED), interpolation=cv2.INTER_AREA) for gray in grays if gray is not None]
    return torch.from_numpy(np.stack(small))


def export(model: nn.Sequential, path: Path) -> None:
    """Writes ONNX with one input, gray (2, 1, 96, 96): a photo and its inversion. Weights are stored as float16."""
    torch.onnx.export(model, (torch.zeros(2, 1, SIDE, SIDE),), str(path), input_names=["gray"], dynamo=False)
    stored = onnx.load(str(path))
    halve_weights(stored)
    path.write_bytes(stored.SerializeToString())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=7)
    given = parser.parse_args()
    export(train(read_photos(given.photos), given.epochs), given.output)
