"""Times the trainer against bare forward + backward at the same batch: python benchmarks/trainer.py [SIZE…]

Prints a Markdown table; the two are measured in turn, several times, and the median ratio is given: other work on the
machine then touches both alike. Loader, augmentation, clipping, optimizer and averaging are what the trainer adds.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.models.hybrid import HybridUNet, build
from colorizer_cli.training.loop import Run
from colorizer_cli.training.loss import DistributionLoss
from colorizer_cli.training.recipe import Recipe
from colorizer_cli.training.stages import Stage

BATCH, ROUNDS, STEPS = 32, 5, 8
SHORT_SIDE, PHOTOS = 176, 200


class GeneratedPhotos:
    """Smooth coloured noise at the size that training photos are cached in."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.shapes = [(SHORT_SIDE, SHORT_SIDE * 3 // 2)] * PHOTOS
        coarse = rng.integers(0, 256, (PHOTOS, SHORT_SIDE // 8, SHORT_SIDE * 3 // 16, 3), np.uint8)
        self._pixels = coarse.repeat(8, axis=1).repeat(8, axis=2)

    def __len__(self) -> int:
        return PHOTOS

    def __getitem__(self, i: int) -> np.ndarray:
        return self._pixels[i]


def trainer_seconds(run: Run, stage: Stage) -> list[float]:
    """Seconds of each step of a stage, waits for the loader included, without the first, while the loader starts."""
    marks: list[float] = []
    run.on_progress = lambda progress: marks.append(time.perf_counter())
    run.step = 0
    run.train()
    return list(np.diff(marks))


def bare_seconds(network: HybridUNet, loss: nn.Module, size: int) -> list[float]:
    """Seconds of each forward and backward pass on one batch that lies ready."""
    gray = torch.rand(BATCH, 1, size, size).contiguous(memory_format=torch.channels_last)
    hints, palette = torch.zeros(BATCH, 3, size, size), torch.zeros(BATCH, len(gamut_bins()) + 1)
    ab = torch.rand(BATCH, 2, size // 4, size // 4) * 40
    network.train()
    found = []
    for _ in range(STEPS):
        started = time.perf_counter()
        loss(network(gray, hints, palette), ab).backward()
        network.zero_grad(set_to_none=True)
        found.append(time.perf_counter() - started)
    return found[1:]


def measure(size: int, workers: int, folder: Path) -> tuple[float, float, float]:
    """→ photos/s of the trainer, photos/s bare, median of their ratios."""
    stage = Stage(size, STEPS * BATCH, BATCH)
    recipe = Recipe([stage], workers=workers, log_every=10**9, validate_every=10**9, checkpoint_every=10**9)
    run = Run(build("hybrid-lite"), recipe, GeneratedPhotos(), {}, folder)
    run._save = lambda: None  # type: ignore[method-assign] # every few minutes in training, not within a few steps
    loss = DistributionLoss(gamut_bins())
    pairs = [
        (statistics.median(trainer_seconds(run, stage)), statistics.median(bare_seconds(run.network, loss, size)))
        for _ in range(ROUNDS)
    ]
    trainer, bare = (BATCH / statistics.median(column) for column in zip(*pairs, strict=True))
    return trainer, bare, statistics.median(b / t for t, b in pairs)


def main() -> None:
    """Prints the table."""
    sizes = [int(size) for size in sys.argv[1:]] or [64, 128]
    print(f"hybrid-lite, batch {BATCH}, {torch.get_num_threads()} threads, one loader process\n")
    print("| px | trainer, photos/s | bare forward + backward, photos/s | ratio |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            trainer, bare, ratio = measure(size, 1, Path(folder))
            print(f"| {size} | {trainer:.1f} | {bare:.1f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
