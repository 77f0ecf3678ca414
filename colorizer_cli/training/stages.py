"""Progressive resizing: what is trained at which size for how long, and the learning rate over the whole run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from colorizer_cli.errors import UsageError

CHEAP = 128  # px: up to here a size gets as many photos as any other


@dataclass(frozen=True)
class Stage:
    """`photos` samples at `size` × `size` px, `batch` at a time."""

    size: int
    photos: int
    batch: int

    @property
    def steps(self) -> int:
        return self.photos // self.batch


def parse_stages(text: str, batch: int) -> list[Stage]:
    """`"64:40000,128:20000"` → stages. Raises UsageError on anything else, or a size that is no multiple of 32."""
    stages = []
    for part in text.split(","):
        size, _, photos = part.partition(":")
        if not (size.strip().isdigit() and photos.strip().isdigit()):
            raise UsageError(f"stage {part!r} is not SIZE:PHOTOS, such as 64:40000")
        stage = Stage(int(size), int(photos), batch)
        if stage.size % 32 or stage.size == 0 or stage.steps == 0:
            raise UsageError(f"stage {part!r}: the size must be a multiple of 32, with at least {batch} photos")
        stages.append(stage)
    return stages


def learning_rate_factor(step: int, total: int, warmup: int = 100) -> float:
    """0…1: linear warm-up over the first steps, then half a cosine down to 0 at `total`."""
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, total - warmup)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def total_steps(stages: Sequence[Stage]) -> int:
    """Optimizer steps of all stages together."""
    return sum(stage.steps for stage in stages)


def parse_sizes(text: str) -> list[int]:
    """`"32,64,128,256"` → sizes. Raises UsageError on anything else, or a size that is no multiple of 32."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() and int(part) > 0 and int(part) % 32 == 0 for part in parts):
        raise UsageError(f"--sizes {text}: expected multiples of 32, such as 32,64,128,256")
    return [int(part) for part in parts]


def share_out(sizes: Sequence[int], views: int, batch: int) -> list[Stage]:
    """`views` photos over the sizes in whole batches: equally up to 128 px, in proportion to 1 / size beyond."""
    shares = [1 / max(size, CHEAP) for size in sizes]
    return [
        Stage(size, max(1, round(views * share / sum(shares) / batch)) * batch, batch)
        for size, share in zip(sizes, shares, strict=True)
    ]
