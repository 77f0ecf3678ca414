"""How a run trains: everything that its result depends on, apart from the photos and the first weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from colorizer_cli.training.precision import Precision
from colorizer_cli.training.stages import Stage


@dataclass(frozen=True)
class Recipe:
    """The defaults are hybrid-lite's from ImageNet on; see `fine_tuning` and `reference` for the others.

    stages                 sizes and how many photos at each; `batch` counts the photos of all processes
    learning_rate, encoder_learning_rate   of new and of pretrained layers, scaled by `schedule`
    schedule               "cosine" (after `warmup` steps, down to 0) or "constant"
    expectation            weight of the expected colour's squared error, see `DistributionLoss`
    distillation           share of a teacher's answer in the target, where the run has one; see `Teacher`
    clip                   largest gradient norm; None: gradients are left as they are
    keep_statistics        BatchNorm normalises with the statistics of the first weights and leaves them as they are
    augmentation           "film" (crops and all that old photos went through) or "flip"
    smallest_crop, stretch  of "film": a crop's shortest side, as a share of the photo's short side, and how many times
                           its natural width or height a crop may be drawn out to
    drop_paths, dropout    see `drop_in_training`
    hinted, palettes       share of samples with local hints, and with the true palette
    workers                loader processes, for each training process
    checkpoint_every       steps, and `checkpoint_seconds` seconds, whichever comes first
    device                 "auto", "cpu" or "cuda"
    precision              of the forward pass: "auto" (bfloat16 on CUDA, float32 on a CPU), "float32" or "bfloat16"
    compile                through torch.compile
    """

    stages: Sequence[Stage]
    learning_rate: float = 1.5e-3
    encoder_learning_rate: float = 4e-4
    weight_decay: float = 1e-2
    expectation: float = 0.0
    distillation: float = 0.5
    ema_decay: float = 0.999
    clip: float | None = 5.0
    seed: int = 0
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup: int = 100
    keep_statistics: bool = False
    augmentation: Literal["film", "flip"] = "film"
    smallest_crop: float = 0.65
    stretch: float = 1.0
    drop_paths: float = 0.0
    dropout: float = 0.0
    hinted: float = 0.4
    palettes: float = 0.15
    workers: int = 1
    log_every: int = 50
    validate_every: int = 1000
    checkpoint_every: int = 250
    checkpoint_seconds: float = 180.0
    device: str = "auto"
    precision: Precision = "auto"
    compile: bool = False


def fine_tuning(stages: Sequence[Stage], seed: int, learning_rate: float | None) -> Recipe:
    """A short, careful run from trained weights: low rates, BatchNorm statistics kept, an average over few steps."""
    rate = 3e-4 if learning_rate is None else learning_rate
    steps = sum(stage.steps for stage in stages)
    return Recipe(
        stages,
        learning_rate=rate,
        encoder_learning_rate=rate / 4,
        expectation=1.0,
        ema_decay=1 - 1 / max(2.0, min(1000.0, steps / 20)),
        warmup=max(1, min(100, steps // 20)),
        keep_statistics=True,
        seed=seed,
        log_every=10,
        validate_every=max(10, steps // 12),
    )


def reference(stages: Sequence[Stage], seed: int, learning_rate: float | None) -> Recipe:
    """The reference design's: Adam at 1e-3, L2, mirroring as the only augmentation, no average of the weights."""
    return Recipe(
        stages,
        learning_rate=1e-3 if learning_rate is None else learning_rate,
        weight_decay=0.0,
        ema_decay=0.0,
        clip=None,
        schedule="constant",
        augmentation="flip",
        seed=seed,
        validate_every=1000,
    )


def from_scratch(stages: Sequence[Stage], seed: int, learning_rate: float | None) -> Recipe:
    """hybrid-lite's, from ImageNet's backbone on."""
    rate = 1.5e-3 if learning_rate is None else learning_rate
    steps = sum(stage.steps for stage in stages)
    return Recipe(
        stages,
        learning_rate=rate,
        encoder_learning_rate=rate * 4 / 15,
        expectation=0.5,
        ema_decay=1 - 1 / max(2.0, min(1000.0, steps / 20)),
        warmup=max(1, min(100, steps // 20)),
        seed=seed,
        validate_every=max(10, min(1000, steps // 12)),
    )
