"""Fine-tuning from start to end: an archive of colour photos → a weights folder, and a verdict on it."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from accelerate import Accelerator

from colorizer_cli.backends.torch import load_network
from colorizer_cli.errors import UsageError
from colorizer_cli.models.hybrid import PRESETS, HybridUNet
from colorizer_cli.training import recipe as recipes
from colorizer_cli.training.backbones import HUB, network_with_backbones, pull_backbones
from colorizer_cli.training.blending import blend
from colorizer_cli.training.destination import check_destination
from colorizer_cli.training.disk import writing_to
from colorizer_cli.training.loop import Run
from colorizer_cli.training.processes import check_alike, create_accelerator
from colorizer_cli.training.progress import Progress, ProgressReport
from colorizer_cli.training.promotion import Promotion, promote
from colorizer_cli.training.run_state import alone_in, check_unchanged, remember
from colorizer_cli.training.selection import Archive, Subset, read_archive
from colorizer_cli.training.shrunk import Shrunk
from colorizer_cli.training.stages import parse_sizes, share_out
from colorizer_cli.training.verdict import Verdict
from colorizer_cli.weights.folder import WeightsFolder
from colorizer_cli.weights.registry import DEFAULT, REFERENCE, find_weights

ENLARGED_AT_MOST = 1.5  # photos are trained on at sizes up to this multiple of their own short side
VIEWS, VIEWS_PER_PHOTO = 6_000, 25
WATCHED, WATCHED_SIDE = 60, 128  # held-back photos that the error is shown on while training runs, and their size, px
NEVER = 10**9  # steps: checkpoints go by the clock


@dataclass(frozen=True)
class FineTuning:
    """What to do. See `colorize fine-tune --help` for each; `views` None: as many as fit the archive."""

    archives: tuple[Path, ...]
    output: Path
    weights: str | None = None
    from_scratch: bool = False
    preset: str | None = None
    backbone_weights: tuple[str, ...] = (HUB,)
    sizes: str = "32,64,128,256"
    views: int | None = None
    batch: int | None = None
    learning_rate: float | None = None
    seed: int = 0
    workers: int = 1
    checkpoint_minutes: float = 2.0
    cache: Path | None = None
    cache_bytes: int = 4 * 10**9
    device: str = "auto"
    compile: bool = False
    resume: bool = False
    overwrite: bool = False
    force: bool = False


def starts_anew(preset: str | None, weights: str | None, from_scratch: bool) -> bool:
    """Whether to train from pretrained encoders on: asked for, or because `preset` has no trained weights yet."""
    return from_scratch or (preset not in (None, DEFAULT) and weights is None)


@dataclass(frozen=True)
class Outcome:
    """Where the weights went, whether to the asked-for place, and what they are worth."""

    folder: Path
    promoted: bool
    verdict: Verdict
    training: int
    skipped: dict[str, int]


def fine_tune(job: FineTuning, on_progress: ProgressReport = lambda progress: None) -> Outcome | None:
    """Reads the archive, trains, measures, writes the weights folder.

    → the outcome; None in all processes but the first. Interrupted, it leaves a checkpoint behind that `resume` goes
    on from, in `<output>.run`. Raises UsageError, TrainingError, WeightsError.
    """
    _check(job)
    torch.set_flush_denormal(True)  # what has died away in training is no reason to slow down
    accelerator = create_accelerator(job.device)
    run_folder = run_folder_of(job.output)
    if not accelerator.is_main_process:
        return _fine_tune(job, accelerator, run_folder, on_progress)
    with writing_to(run_folder, "free some and begin again"), alone_in(run_folder):
        return _fine_tune(job, accelerator, run_folder, on_progress)


def run_folder_of(output: Path) -> Path:
    """Where a run keeps its checkpoint and its log."""
    return output.with_name(f"{output.name}.run")


def _fine_tune(
    job: FineTuning, accelerator: Accelerator, run_folder: Path, on_progress: ProgressReport
) -> Outcome | None:
    cache = job.cache or run_folder / "cache"
    sizes = parse_sizes(job.sizes)
    base = None if job.from_scratch else find_weights(job.weights)
    preset = _preset(job, base)
    batch = (job.batch or (32 if preset == REFERENCE and job.from_scratch else 16)) * accelerator.num_processes

    def reading(done: int, total: int) -> None:
        if accelerator.is_main_process:
            on_progress(Progress("reading photos", done, total))

    with accelerator.local_main_process_first():
        pull_backbones(preset, job.backbone_weights if base is None else (), on_progress)
        network = _first_network(job, base)  # before hours may go into reading photos
        archive = read_archive(job.archives, cache, max(sizes), job.cache_bytes, reading, base is not None)
    recipe = _recipe(job, archive, [size for size in sizes if _fits(size, sizes, archive)], batch)
    settings = {"recipe": _what_matters(recipe), "weights": _identity(job, base), "photos": _digest(archive.hashes)}
    check_alike(settings["photos"])
    checkpointed = (run_folder / "checkpoint.safetensors").is_file()
    if job.resume and checkpointed:
        check_unchanged(run_folder, settings)
    elif accelerator.is_main_process:
        with writing_to(run_folder, "free some and begin again"):
            remember(run_folder, settings)
    accelerator.wait_for_everyone()

    watched = Subset(archive.validation, range(min(WATCHED, len(archive.validation))))
    run = Run(
        network,
        recipe,
        archive.training,
        {"archive": Shrunk(watched, WATCHED_SIDE)},
        run_folder,
        on_progress=on_progress,
    )
    with writing_to(run_folder, "free some and go on with --resume"):
        if job.resume and checkpointed:
            run.resume()
        run.train()
    if not accelerator.is_main_process:
        return None
    before = None if base is None else _first_network(job, base)
    promotion = Promotion(job.output, job.force, job.overwrite, base, preset)
    if before is None:
        tuned, share = PRESETS[promotion.preset](), 1.0  # afresh: the trained one may hold synchronised BatchNorm
        tuned.load_state_dict(run.averaged.state_dict())
    else:
        shrunk = Shrunk(archive.choice, WATCHED_SIDE)
        tuned, share = blend(promotion.preset, before, run.averaged.state_dict(), shrunk)
    with writing_to(job.output.parent, "free some and go on with --resume"):
        outcome = promote(promotion, before, tuned, share, archive, recipe, run_folder, on_progress)
    if job.cache is None:
        shutil.rmtree(cache, ignore_errors=True)
    return Outcome(*outcome, len(archive.training), archive.skipped)


def _check(job: FineTuning) -> None:
    if job.from_scratch and job.weights is not None:
        raise UsageError("--from-scratch and --weights contradict each other; leave one away")
    if job.preset not in (None, *PRESETS):
        raise UsageError(f"--preset {job.preset}: expected one of {', '.join(PRESETS)}")
    if not job.from_scratch and job.backbone_weights != (HUB,):
        raise UsageError("--backbone-weights is for new networks: add --from-scratch or leave it away")
    check_destination(job.output, job.archives, job.overwrite)
    checkpoint = run_folder_of(job.output) / "checkpoint.safetensors"
    if checkpoint.is_file() and not (job.resume or job.overwrite):
        raise UsageError(f"{checkpoint.parent} holds an earlier run: --resume goes on with it, --overwrite begins anew")


def _fits(size: int, sizes: list[int], archive: Archive) -> bool:
    """Whether photos are large enough for this stage; the smallest size is always taken."""
    return size <= ENLARGED_AT_MOST * archive.short_side or size == min(sizes)


def _recipe(job: FineTuning, archive: Archive, sizes: list[int], batch: int) -> recipes.Recipe:
    views = job.views or min(VIEWS, VIEWS_PER_PHOTO * len(archive.training))
    kind = recipes.fine_tuning
    if job.from_scratch:
        kind = recipes.reference if _preset(job, None) == REFERENCE else recipes.from_scratch
    stages = share_out(sizes, views, batch)
    recipe = kind(stages, job.seed, job.learning_rate)
    running = replace(
        recipe,
        device=job.device,
        compile=job.compile,
        workers=job.workers,
        checkpoint_seconds=60 * job.checkpoint_minutes,
        checkpoint_every=NEVER,
    )
    return running


def _digest(hashes: list[str]) -> str:
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _what_matters(recipe: recipes.Recipe) -> str:
    """The part of the recipe that the result depends on: a run may go on with other workers, or checkpoint oftener."""
    return repr(replace(recipe, workers=0, checkpoint_seconds=0.0, device="", compile=False))


def _preset(job: FineTuning, base: WeightsFolder | None) -> str:
    if base is None:
        return job.preset or DEFAULT
    if job.preset not in (None, base.config.preset):
        raise UsageError(
            f"--preset {job.preset}: {base.path} are weights of {base.config.preset}; leave one of them away"
        )
    return base.config.preset


def _identity(job: FineTuning, base: WeightsFolder | None) -> str:
    return f"{_preset(job, base)} {job.backbone_weights}" if base is None else base.sha256


def _first_network(job: FineTuning, base: WeightsFolder | None) -> HybridUNet:
    torch.manual_seed(job.seed)
    return network_with_backbones(_preset(job, base), job.backbone_weights) if base is None else load_network(base)
