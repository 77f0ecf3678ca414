"""One training process or many, under torchrun or `accelerate launch`: device, precision, and each one's photos."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs, gather_object
from torch.utils.data import Sampler

from colorizer_cli.errors import TrainingError, UsageError
from colorizer_cli.training.precision import Precision

LONGEST_WAIT = timedelta(hours=12)  # of one process for another that decodes photos
DEVICES = ("auto", "cpu", "cuda")


def create_accelerator(device: str = "auto", precision: Precision = "auto") -> Accelerator:
    """On CUDA where there is any ("auto"), else on the CPU; the forward pass in `precision`, see `Recipe`.

    Raises UsageError for another device, TrainingError where CUDA is asked for and there is none.
    """
    if device not in DEVICES:
        raise UsageError(f"--device {device}: expected one of {', '.join(DEVICES)}")
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise TrainingError(f"--device cuda: torch {torch.__version__} finds no CUDA device; leave --device away")
    on_cuda = has_cuda and device != "cpu"
    return Accelerator(
        cpu=not on_cuda,
        mixed_precision="bf16" if precision == "bfloat16" or (precision == "auto" and on_cuda) else "no",
        kwargs_handlers=[InitProcessGroupKwargs(timeout=LONGEST_WAIT)],
    )


def check_alike(digest: str) -> None:
    """Raises TrainingError where the processes have not all got the same photos, by their hashes' `digest`."""
    if len(set(gather_object([digest]))) > 1:
        raise TrainingError(
            "the machines have read different photos: their archives differ, or one had less room for its --cache"
        )


class OwnShare(Sampler[int]):
    """Numbers of the samples that process `rank` of `world` takes: its part of each batch, for `steps` batches."""

    def __init__(self, steps: int, batch: int, rank: int, world: int) -> None:
        self.steps, self.batch, self.share, self.rank = steps, batch, batch // world, rank

    def __iter__(self) -> Iterator[int]:
        for step in range(self.steps):
            start = step * self.batch + self.rank * self.share
            yield from range(start, start + self.share)

    def __len__(self) -> int:
        return self.steps * self.share
