"""The training loop: stages one after the other, EMA, checkpoints, a log line every so often."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.models.heads import RegressionHead
from colorizer_cli.models.hybrid import HybridUNet
from colorizer_cli.training import checkpoint
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.dataset import TrainingSamples
from colorizer_cli.training.loss import DistributionLoss, l2
from colorizer_cli.training.stages import Stage, learning_rate_factor, total_steps
from colorizer_cli.training.validation import validate


@dataclass(frozen=True)
class Recipe:
    """How a run trains. The defaults are hybrid-lite's; the reference design is Adam 1e-3 with L2."""

    stages: Sequence[Stage]
    learning_rate: float = 1.5e-3
    encoder_learning_rate: float = 4e-4
    weight_decay: float = 1e-2
    expectation: float = 0.0
    ema_decay: float = 0.999
    clip: float = 5.0
    seed: int = 0
    workers: int = 1
    log_every: int = 50
    validate_every: int = 1000
    checkpoint_every: int = 250


@dataclass
class Run:
    """One run in `folder`: log.jsonl, checkpoint.safetensors, and the network and its EMA in memory."""

    network: HybridUNet
    recipe: Recipe
    photos: PhotoCache
    validation: dict[str, PhotoCache]
    folder: Path
    report: Callable[[str], None] = lambda line: None
    step: int = 0
    ema: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        self.bins = gamut_bins()
        self.regression = isinstance(self.network.head, RegressionHead)
        self.loss = l2 if self.regression else DistributionLoss(self.bins, self.recipe.expectation)
        self.network.to(memory_format=torch.channels_last)
        decay = get_ema_multi_avg_fn(self.recipe.ema_decay)  # type: ignore[no-untyped-call]
        self.ema = AveragedModel(self.network, multi_avg_fn=decay, use_buffers=True)
        self.optimizer = self._optimizer()
        self.total = total_steps(self.recipe.stages)
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def checkpoint_file(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    def resume(self) -> None:
        """Goes back to where the checkpoint in `folder` left off."""
        progress = checkpoint.load(self.checkpoint_file, self.network, self.ema, self.optimizer)
        self.step = int(str(progress["step"]))

    def train(self) -> None:
        """Trains all stages from the current step on; the last checkpoint is the end of the run."""
        first_step, first_photo = 0, 0
        for stage in self.recipe.stages:
            done = min(max(self.step - first_step, 0), stage.steps)
            if done < stage.steps:
                self._train_stage(stage, first_photo + done * stage.batch, stage.steps - done)
            first_step += stage.steps
            first_photo += stage.steps * stage.batch
        self._save()
        self._validate()

    def _optimizer(self) -> torch.optim.Optimizer:
        pretrained: list[Tensor] = []
        new: list[Tensor] = []
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                (pretrained if name.startswith("encoders.semantic.") else new).append(parameter)
        if self.regression:
            return torch.optim.Adam(new, lr=self.recipe.learning_rate)
        return torch.optim.AdamW(
            [
                {"params": new, "lr": self.recipe.learning_rate},
                {"params": pretrained, "lr": self.recipe.encoder_learning_rate},
            ],
            weight_decay=self.recipe.weight_decay,
        )

    def _train_stage(self, stage: Stage, first_photo: int, steps: int) -> None:
        samples = TrainingSamples(
            self.photos,
            self.bins,
            stage.size,
            first_photo,
            steps * stage.batch,
            self.recipe.seed,
            self.network.output_stride,
        )
        loader = DataLoader(
            samples, stage.batch, num_workers=self.recipe.workers, prefetch_factor=4 if self.recipe.workers else None
        )
        self.network.train()
        losses: list[float] = []
        started = time.monotonic()
        for batch in loader:
            losses.append(self._train_step(batch))
            if self.step % self.recipe.log_every == 0:
                rate = len(losses) * stage.batch / (time.monotonic() - started)
                self._log(size=stage.size, loss=sum(losses) / len(losses), photos_per_second=rate)
                losses, started = [], time.monotonic()
            if self.step % self.recipe.checkpoint_every == 0:
                self._save()
            if self.step % self.recipe.validate_every == 0:
                self._validate()
                started = time.monotonic()

    def _train_step(self, batch: dict[str, Tensor]) -> float:
        factor = learning_rate_factor(self.step, self.total)
        for group in self.optimizer.param_groups:
            group["lr"] = group.setdefault("full_lr", group["lr"]) * factor
        gray = batch["gray"].contiguous(memory_format=torch.channels_last)
        conditions = () if self.regression else (batch["hints"], batch["palette"])
        loss: Tensor = self.loss(self.network(gray, *conditions), batch["ab"])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        self.optimizer.step()
        self.ema.update_parameters(self.network)  # type: ignore[operator]
        self.step += 1
        return loss.item()

    def _validate(self) -> None:
        bins = None if self.regression else self.bins
        figures = {name: round(validate(self.ema, cache, bins)["ab_mse"], 2) for name, cache in self.validation.items()}
        self._log(**{f"ab_mse_{name}": figure for name, figure in figures.items()})

    def _save(self) -> None:
        checkpoint.save(self.checkpoint_file, self.network, self.ema, self.optimizer, {"step": self.step})

    def _log(self, **figures: float) -> None:
        photos = sum(
            min(stage.steps, max(0, self.step - sum(s.steps for s in self.recipe.stages[:i]))) * stage.batch
            for i, stage in enumerate(self.recipe.stages)
        )
        line = json.dumps({"time": round(time.time()), "step": self.step, "photos": photos} | figures)
        with open(self.folder / "log.jsonl", "a") as log:
            log.write(line + "\n")
        self.report(line)
