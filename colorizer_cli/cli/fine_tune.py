"""`colorize fine-tune`: adapt the weights to an archive of colour photos, or train new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colorizer_cli.cli import options
from colorizer_cli.cli.console import say

NOT_BETTER = 3
PRESETS = "hybrid-lite|hybrid-vgg16-resnet50v2"


def fine_tune(
    archives: Annotated[list[Path], typer.Argument(metavar="ARCHIVE…", help="Folders of colour photos.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The weights folder to make.")],
    weights: Annotated[
        str | None,
        typer.Option(metavar="NAME|DIR|hf:…", help="Weights to start from.", show_default="the embedded ones"),
    ] = None,
    sizes: Annotated[str, typer.Option(help="Photo sizes, px, trained on one after the other.")] = "32,64,128,256",
    views: Annotated[
        int | None,
        typer.Option(min=1, help="Photos seen in all.", show_default="25 for each photo, 6000 at most"),
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Photos per step and process.", show_default="16; reference preset 32")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(min=0.0, help="Highest rate.", show_default="3e-4; from scratch the preset's")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of crops, order and augmentation.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes that prepare photos.")] = 1,
    checkpoint_minutes: Annotated[float, typer.Option(min=0.0, help="Save the run this often; also at Ctrl-C.")] = 2.0,
    cache: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep decoded photos here.", show_default="until it is done")
    ] = None,
    cache_size: Annotated[float, typer.Option(min=0.001, metavar="GB", help="Disk that decoded photos may take.")] = 4,
    device: Annotated[
        str,
        typer.Option(metavar="auto|cpu|cuda", help="Where to train.", autocompletion=options.one_of("auto|cpu|cuda")),
    ] = "auto",
    compiled: Annotated[bool, typer.Option("--compile", help="Through torch.compile.")] = False,
    from_scratch: Annotated[bool, typer.Option("--from-scratch", help="Train new weights of --preset.")] = False,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar=PRESETS,
            help="The network; one without trained weights is trained from its backbones on.",
            show_default="hybrid-lite",
            autocompletion=options.one_of(PRESETS),
        ),
    ] = None,
    backbone_weights: Annotated[
        list[str] | None,
        typer.Option(
            metavar="hub|random|[ENCODER=]FILE",
            help="For a new network: where pretrained encoders come from.",
            show_default="hub",
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing DIR or earlier run.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Take the weights even if they are not better.")] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Adapt the weights to a folder of colour photos; says whether they became better, exit code 3 if not."""
    from colorizer_cli.training.requirements import require_training_packages

    require_training_packages()
    from colorizer_cli.cli.fetching import fetched
    from colorizer_cli.cli.training_report import TrainingDisplay, outcome_json, say_outcome
    from colorizer_cli.training.fine_tune import FineTuning, fine_tune, run_folder_of, starts_anew

    job = FineTuning(
        archives=tuple(archives),
        output=output,
        weights=fetched(weights, quiet or as_json),
        from_scratch=starts_anew(preset, weights, from_scratch),
        preset=preset,
        backbone_weights=tuple(backbone_weights or ("hub",)),
        sizes=sizes,
        views=views,
        batch=batch,
        learning_rate=learning_rate,
        seed=seed,
        workers=workers,
        checkpoint_minutes=checkpoint_minutes,
        cache=cache,
        cache_bytes=round(cache_size * 1e9),
        device=device,
        compile=compiled,
        resume=resume,
        overwrite=overwrite,
        force=force,
    )
    try:
        with TrainingDisplay(quiet) as display:
            outcome = fine_tune(job, display)
    except (KeyboardInterrupt, SystemExit):
        if (run_folder_of(output) / "checkpoint.safetensors").is_file():
            say(f"The run is saved in {run_folder_of(output)}; the same command with --resume goes on with it")
        raise
    if outcome is None:  # a process beside the first
        return
    if as_json:
        outcome_json(outcome)
    elif not quiet:
        say_outcome(outcome, force)
    if not outcome.promoted:
        raise typer.Exit(NOT_BETTER)
