"""`python -m colorizer_cli.training.release`: a run's checkpoint → the weights folder that the package embeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from safetensors import safe_open

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.models.hybrid import HybridUNet, build
from colorizer_cli.training.blending import interpolated
from colorizer_cli.training.cache import PhotoCache, find_photos
from colorizer_cli.training.calibration import Point, choose_vividness, vividness_curve
from colorizer_cli.training.initial import load_initial
from colorizer_cli.training.prior import ab_prior
from colorizer_cli.training.publish import Description, half_precision, publish
from colorizer_cli.training.validation import validate

PRESET = "hybrid-lite"
LICENCE = "MIT (weights); see terms"
TERMS = "trained on photos of which some sets are for research and education only; see the model card"
EMA = "ema.module."


def load_ema(checkpoint: Path) -> HybridUNet:
    """The averaged network of a checkpoint, in evaluation mode."""
    network = build(PRESET)
    with safe_open(checkpoint, framework="pt") as stored:
        tensors = {key.removeprefix(EMA): stored.get_tensor(key) for key in stored.keys() if key.startswith(EMA)}  # noqa: SIM118
    network.load_state_dict(tensors)
    return network.eval()


def measure(network: HybridUNet, validation: dict[str, PhotoCache]) -> dict[str, float]:
    """Validation errors by set, without help, with 10 true hints and with the true palette."""
    metrics = {}
    for name, cache in validation.items():
        for help_with in ("none", "hints", "palette"):
            figures = validate(network, cache, gamut_bins(), help_with)
            suffix = "" if help_with == "none" else f"_{help_with}"
            metrics[f"{name}_ab_mse{suffix}"] = round(figures["ab_mse"], 2)
            metrics[f"{name}_gray_ab_mse"] = round(figures["gray_ab_mse"], 2)
    return metrics


def curve_table(curve: list[Point], true_colourfulness: float) -> str:
    """The vividness trade as a Markdown table."""
    rows = [f"| {p.vividness:g} | {p.ab_mse:.0f} | {p.colourfulness:.1f} |" for p in curve]
    return "\n".join(
        [
            "| vividness | a/b squared error | colourfulness |",
            "|---|---|---|",
            *rows,
            f"| true photos | 0 | {true_colourfulness:.1f} |",
        ]
    )


def release(
    run: Annotated[Path, typer.Argument(help="Folder of the run.")],
    photos: Annotated[list[Path], typer.Option(help="The training photos, for the prior; may be repeated.")],
    validation: Annotated[list[Path], typer.Option(help="Folders of held-back photos.")],
    cache: Annotated[Path, typer.Option(help="Folder for decoded photos.")],
    card: Annotated[Path, typer.Option(help="Model card template with {metrics} and {curve}.")],
    output: Annotated[Path, typer.Option("-o", "--output")],
    short_side: Annotated[int, typer.Option(help="As in training.")] = 176,
    input_size: Annotated[int, typer.Option(help="What photos are coloured at.")] = 160,
    average_with: Annotated[Path | None, typer.Option(help="Weights folder that the run is averaged with.")] = None,
    share: Annotated[float, typer.Option(help="Of the run, in that average.")] = 0.5,
) -> None:
    """Measure a trained network and write its weights folder."""
    network = load_ema(run / "checkpoint.safetensors")
    if average_with is not None:
        first = build(PRESET)
        load_initial(first, average_with)
        network = interpolated(PRESET, first.state_dict(), network.state_dict(), share)
    half_precision(network)
    held_back = {folder.name: PhotoCache.build(find_photos([folder]), cache, 128) for folder in validation}
    prior = ab_prior(PhotoCache.build(find_photos(photos), cache, short_side), gamut_bins())
    metrics = measure(network, held_back)
    curve, true, gray_error = vividness_curve(network, list(held_back.values()), gamut_bins(), prior)
    vividness = choose_vividness(curve, true, gray_error)
    rows = "\n".join(f"| {name} | {value:g} |" for name, value in metrics.items())
    text = card.read_text(encoding="utf-8")
    for key, value in {"metrics": rows, "curve": curve_table(curve, true), "vividness": f"{vividness:g}"}.items():
        text = text.replace(f"{{{key}}}", value)
    description = Description(PRESET, PRESET, input_size, vividness, LICENCE, TERMS, metrics, text)
    publish(network, prior, description, output)
    print(rows, curve_table(curve, true), f"vividness {vividness:g}", sep="\n")


if __name__ == "__main__":
    typer.run(release)
