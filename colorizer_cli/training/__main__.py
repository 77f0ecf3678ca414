"""`python -m colorizer_cli.training`: a training run from the shell, for those who make the embedded weights."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import torch
import typer

from colorizer_cli.errors import ColorizerError, TrainingError
from colorizer_cli.models.hybrid import HybridUNet, build
from colorizer_cli.training.backbones import HUB, RANDOM, network_with_backbones
from colorizer_cli.training.cache import PhotoCache, find_photos
from colorizer_cli.training.distillation import check_teachable
from colorizer_cli.training.initial import load_initial
from colorizer_cli.training.loop import Recipe, Run
from colorizer_cli.training.stages import parse_stages


def train(
    photos: Annotated[list[Path], typer.Argument(help="Folders of colour photos.")],
    run: Annotated[Path, typer.Option(help="Folder of this run: log, checkpoint.")],
    cache: Annotated[Path, typer.Option(help="Folder for decoded photos.")],
    validation: Annotated[list[Path], typer.Option(help="Folder of held-back photos; may be repeated.")],
    preset: Annotated[str, typer.Option()] = "hybrid-lite",
    init: Annotated[Path | None, typer.Option(help="Weights folder or .safetensors file to start from.")] = None,
    pretrained: Annotated[bool, typer.Option(help="Start from ImageNet backbones, fetched from the Hub.")] = False,
    stages: Annotated[str, typer.Option(help="SIZE:PHOTOS,…")] = "64:150000,96:50000,128:50000",
    batch: Annotated[int, typer.Option()] = 32,
    short_side: Annotated[int, typer.Option(help="Photos are decoded to this short side.")] = 176,
    learning_rate: Annotated[float, typer.Option()] = 1.5e-3,
    encoder_learning_rate: Annotated[float, typer.Option()] = 4e-4,
    expectation: Annotated[float, typer.Option(help="Weight of the expected colour's squared error.")] = 0.0,
    teacher: Annotated[
        Path | None, typer.Option(help="Weights folder of a network whose answers are part of the target.")
    ] = None,
    distillation: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of the teacher's answers in the target.")
    ] = 0.5,
    ema_decay: Annotated[float, typer.Option(help="0.999; less for a run of a few hundred steps.")] = 0.999,
    hinted: Annotated[float, typer.Option(help="Share of samples with local hints.")] = 0.4,
    palettes: Annotated[float, typer.Option(help="Share of samples with the true palette.")] = 0.15,
    weight_decay: Annotated[float, typer.Option()] = 1e-2,
    smallest_crop: Annotated[float, typer.Option(help="Share of a photo's short side.")] = 0.65,
    stretch: Annotated[float, typer.Option(help="How far crops may be drawn out; 1: not at all.")] = 1.0,
    drop_paths: Annotated[float, typer.Option(help="Stochastic depth of the encoder.")] = 0.0,
    dropout: Annotated[float, typer.Option(help="Of the bottleneck's channels.")] = 0.0,
    bfloat16: Annotated[
        bool, typer.Option(help="Forward pass in bfloat16: for CPUs that have AVX512-BF16 or AMX.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Loader processes; a GPU needs many.")] = 1,
    seed: Annotated[int, typer.Option()] = 0,
    validate_every: Annotated[int, typer.Option(help="Steps.")] = 500,
    threads: Annotated[int | None, typer.Option()] = None,
    resume: Annotated[bool, typer.Option(help="Go on from this run's checkpoint.")] = False,
) -> None:
    """Train a preset on folders of colour photos."""
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
    torch.set_flush_denormal(True)  # gradients of deep layers are full of them, and each takes a hundred times as long
    try:
        if preset == "hybrid-vgg16-resnet50v2" and init is None and not pretrained:
            raise TrainingError(
                f"{preset} keeps its encoders frozen: give --pretrained or --init, or it learns from noise"
            )
        network = network_with_backbones(preset, [HUB if pretrained else RANDOM])
        if init is not None:
            load_initial(network, init)
        taught_by = None if teacher is None else _teacher(preset, teacher)
        recipe = Recipe(
            parse_stages(stages, batch),
            learning_rate=learning_rate,
            encoder_learning_rate=encoder_learning_rate,
            expectation=expectation,
            distillation=distillation,
            weight_decay=weight_decay,
            smallest_crop=smallest_crop,
            stretch=stretch,
            drop_paths=drop_paths,
            dropout=dropout,
            ema_decay=ema_decay,
            hinted=hinted,
            palettes=palettes,
            precision="bfloat16" if bfloat16 else "auto",
            workers=workers,
            seed=seed,
            validate_every=validate_every,
        )
        held_back = {folder.name: PhotoCache.build(find_photos([folder]), cache, 128) for folder in validation}
        training = PhotoCache.build(find_photos(photos), cache, short_side)
        job = Run(
            network,
            recipe,
            training,
            held_back,
            run,
            report=lambda line: print(line, flush=True),
            teacher=taught_by,
        )
        if resume:
            job.resume()
        job.train()
    except ColorizerError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from error


def _teacher(preset: str, weights: Path) -> HybridUNet:
    network = build(preset)
    check_teachable(network)
    load_initial(network, weights)
    return network


if __name__ == "__main__":
    typer.run(train)
