"""The training loop: stages one after the other, EMA, checkpoints, a log line every so often; one process or many."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.errors import TrainingError
from colorizer_cli.models.heads import RegressionHead
from colorizer_cli.models.hybrid import HybridUNet
from colorizer_cli.training import checkpoint
from colorizer_cli.training.cache import Photos
from colorizer_cli.training.dataset import TrainingSamples
from colorizer_cli.training.distillation import Teacher, check_teachable
from colorizer_cli.training.interruption import Pending, deferred_interrupts, leave_interrupts_to_parent
from colorizer_cli.training.loss import DistributionLoss, l2
from colorizer_cli.training.optimizer import create_optimizer, set_learning_rate
from colorizer_cli.training.precision import DepthwiseInFloat32
from colorizer_cli.training.processes import OwnShare, create_accelerator
from colorizer_cli.training.progress import Pace, Progress, ProgressReport
from colorizer_cli.training.recipe import Recipe
from colorizer_cli.training.regularization import drop_in_training, seed_dropping
from colorizer_cli.training.run_log import RunLog
from colorizer_cli.training.stages import Stage, learning_rate_factor, total_steps
from colorizer_cli.training.validation import validate

__all__ = ["Recipe", "Run"]


@dataclass
class Run:
    """One run in `folder`: log.jsonl, checkpoint.safetensors, and the network and its EMA in memory.

    `network` must be the same in all processes. A step takes the same photos in the same order however many processes
    share them; with BatchNorm statistics kept, that makes the run the same as well. `teacher`: see `Teacher`; only for
    networks that give a distribution (TrainingError).
    """

    network: HybridUNet
    recipe: Recipe
    photos: Photos
    validation: Mapping[str, Photos]
    folder: Path
    report: Callable[[str], None] = lambda line: None
    on_progress: ProgressReport = lambda progress: None
    teacher: nn.Module | None = None
    step: int = 0
    ema: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        self.accelerator = create_accelerator(self.recipe.device, self.recipe.precision)
        self.device = self.accelerator.device
        narrow_on_cpu = self.device.type == "cpu" and self.accelerator.mixed_precision == "bf16"
        self.forward_mode = DepthwiseInFloat32 if narrow_on_cpu else nullcontext
        self.bins = gamut_bins()
        self.regression = isinstance(self.network.head, RegressionHead)
        self.loss: Callable[..., Tensor] = (
            l2
            if self.regression
            else DistributionLoss(self.bins, self.recipe.expectation, self.recipe.distillation).to(self.device)
        )
        self.ask = None
        if self.teacher is not None:
            check_teachable(self.network)
            self.ask = Teacher(self.teacher.to(self.device, memory_format=torch.channels_last))  # type: ignore[call-overload]
        self.network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        drop_in_training(self.network, self.recipe.drop_paths, self.recipe.dropout)
        if self.accelerator.num_processes > 1 and self.device.type == "cuda" and not self.recipe.keep_statistics:
            self.network = nn.SyncBatchNorm.convert_sync_batchnorm(self.network)  # type: ignore[no-untyped-call]
        decay = get_ema_multi_avg_fn(self.recipe.ema_decay)  # type: ignore[no-untyped-call]
        self.ema = AveragedModel(self.network, multi_avg_fn=decay, use_buffers=True)
        self.optimizer = create_optimizer(self.network, self.recipe, fused=self.accelerator.num_processes == 1)
        self.total = total_steps(self.recipe.stages)
        self.model: Any = self.accelerator.prepare_model(
            torch.compile(self.network) if self.recipe.compile else self.network
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = RunLog(self.folder)
        self.pace = Pace(self.recipe.stages)
        self.validation_error = math.nan
        self._losses: list[float] = []  # since the last line of the log
        self._saved_at = time.monotonic()

    @property
    def checkpoint_file(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def averaged(self) -> nn.Module:
        """The average of the weights, which is what a run is for."""
        return cast(nn.Module, self.ema.module)

    def resume(self) -> None:
        """Goes back to where the checkpoint in `folder` left off."""
        progress = checkpoint.load(self.checkpoint_file, self.network, self.ema, self.optimizer)
        self.step = progress["step"]
        self._losses = progress.get("losses", [])
        self.validation_error = progress.get("validation_error", math.nan)
        if self.accelerator.is_main_process:
            self.log.go_back_to(self.step)

    def train(self) -> None:
        """Trains all stages from the current step on; the last checkpoint is the end of the run.

        Ctrl-C or SIGTERM ends it after the step that it falls into, with a checkpoint.
        """
        with deferred_interrupts() as pending:
            for stage, first_photo, steps in self._stages_left():
                self._train_stage(stage, first_photo, steps, pending)
                if self._stop_asked(pending):
                    break
            self._save()
            if pending.number is None and self.step == self.total:
                self._validate()
            self.log.close()

    def _stages_left(self) -> Iterator[tuple[Stage, int, int]]:
        """(stage, number of its next photo, its steps that are left), for each stage that is not done."""
        first_step, first_photo = 0, 0
        for stage in self.recipe.stages:
            done = min(max(self.step - first_step, 0), stage.steps)
            if done < stage.steps:
                yield stage, first_photo + done * stage.batch, stage.steps - done
            first_step += stage.steps
            first_photo += stage.steps * stage.batch

    def _loader(self, stage: Stage, first_photo: int, steps: int) -> DataLoader[dict[str, Tensor]]:
        """This process's share of each batch."""
        samples = TrainingSamples(
            self.photos,
            self.bins,
            stage.size,
            first_photo,
            steps * stage.batch,
            self.network.output_stride,
            self.recipe,
        )
        own = OwnShare(steps, stage.batch, self.accelerator.process_index, self.accelerator.num_processes)
        workers = self.recipe.workers
        return DataLoader(
            samples,
            own.share,
            sampler=own,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            pin_memory=self.device.type == "cuda",
            worker_init_fn=leave_interrupts_to_parent,
        )

    def _train_stage(self, stage: Stage, first_photo: int, steps: int, pending: Pending) -> None:
        recipe = self.recipe
        self._set_training_mode()
        self.pace.start(stage.size)
        for batch in self._loader(stage, first_photo, steps):
            self._losses.append(self._train_step(batch))
            self.pace.step_done(self._losses[-1])
            self._tell_progress(stage)
            if self.step % recipe.log_every == 0:
                rate = stage.batch / self.pace.seconds_per_step
                mean = sum(self._losses) / len(self._losses)
                self._log(size=stage.size, loss=mean, photos_per_second=round(rate, 2))
                self._losses = []
            if self._stop_asked(pending):
                return  # `train` saves
            waited = time.monotonic() - self._saved_at > recipe.checkpoint_seconds
            if waited or self.step % recipe.checkpoint_every == 0:
                self._save()
            if self.step % recipe.validate_every == 0:
                self._validate()
            self.pace.start(stage.size)

    def _set_training_mode(self) -> None:
        self.model.train()
        if self.recipe.keep_statistics:
            for module in self.network.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()

    def _train_step(self, batch: dict[str, Tensor]) -> float:
        recipe = self.recipe
        constant = recipe.schedule == "constant"
        set_learning_rate(
            self.optimizer, 1.0 if constant else learning_rate_factor(self.step, self.total, recipe.warmup)
        )
        if recipe.drop_paths or recipe.dropout:
            seed_dropping(recipe.seed, self.step, self.accelerator.process_index)
        batch = {name: tensor.to(self.device, non_blocking=True) for name, tensor in batch.items()}
        gray = batch["gray"].contiguous(memory_format=torch.channels_last)
        conditions = () if self.regression else (batch["hints"], batch["palette"])
        with self.forward_mode():
            output = self.model(gray, *conditions)
            target = [batch["ab"]]
            if self.ask is not None:
                with self.accelerator.autocast():
                    target.append(self.ask(gray, batch["hints"], batch["palette"], self.step))
        loss: Tensor = self.loss(output, *target)
        self.optimizer.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        if recipe.clip is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip)
        self.optimizer.step()
        self.ema.update_parameters(self.network)  # type: ignore[operator]
        self.step += 1
        value = loss.detach()
        if self.accelerator.num_processes > 1:
            value = self.accelerator.reduce(value, "mean")
        number = float(value.item())
        if not math.isfinite(number):
            raise TrainingError(f"the loss is no longer a number after step {self.step}; lower the learning rate")
        return number

    def _stop_asked(self, pending: Pending) -> bool:
        """Whether any process was told to stop: all of them then stop after the same step."""
        if self.accelerator.num_processes == 1:
            return pending.number is not None
        asked = torch.tensor([float(pending.number or 0)], device=self.device)
        number = int(torch.as_tensor(self.accelerator.gather(asked)).max())
        if number and pending.number is None:
            pending.number = number
        return number != 0

    def _validate(self) -> None:
        if not self.accelerator.is_main_process:
            return
        bins = None if self.regression else self.bins
        figures = {
            name: round(validate(self.ema, photos, bins)["ab_mse"], 2) for name, photos in self.validation.items()
        }
        self._log(**{f"ab_mse_{name}": figure for name, figure in figures.items()})
        self.validation_error = next(iter(figures.values()), math.nan)

    def _save(self) -> None:
        if self.accelerator.is_main_process:
            progress = {"step": self.step, "losses": self._losses, "validation_error": self.validation_error}
            checkpoint.save(self.checkpoint_file, self.network, self.ema, self.optimizer, progress)
        self._saved_at = time.monotonic()

    def _log(self, **figures: float) -> None:
        photos = sum(
            min(stage.steps, max(0, self.step - sum(s.steps for s in self.recipe.stages[:i]))) * stage.batch
            for i, stage in enumerate(self.recipe.stages)
        )
        if self.accelerator.is_main_process:
            self.report(self.log.write(self.step, photos, figures))

    def _tell_progress(self, stage: Stage) -> None:
        if self.accelerator.is_main_process:
            known = not math.isnan(self.validation_error)
            self.on_progress(
                Progress(
                    "training",
                    self.step,
                    self.total,
                    size=stage.size,
                    loss=self.pace.loss,
                    photos_per_second=stage.batch / self.pace.seconds_per_step,
                    validation=self.validation_error if known else None,
                    seconds_left=self.pace.seconds_left(self.step),
                )
            )
