"""`colorize export`: a weights folder's network as ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colorizer_cli.cli import options
from colorizer_cli.cli.console import print_json, say
from colorizer_cli.cli.fetching import fetched


def export(
    weights: Annotated[
        str | None, typer.Argument(metavar="[NAME|DIR|hf:…]", help="Which weights.", show_default="the embedded ones")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.onnx|DIR",
            help="An ONNX file for other programs, or a weights folder for --weights.",
            show_default="<weights>.onnx or <weights>-int8.onnx",
        ),
    ] = None,
    onnx: Annotated[bool, typer.Option("--onnx", help="To ONNX: the one format there is.")] = True,
    int8: Annotated[
        bool, typer.Option("--int8", help="The decoder's convolutions in int8: faster, a little less exact.")
    ] = False,
    opset: Annotated[int | None, typer.Option(metavar="N", help="ONNX operator set.", show_default="18")] = None,
    photos: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Photos to prove it on; --int8 needs them.", show_default="generated"),
    ] = None,
    largest: Annotated[
        float | None,
        typer.Option(metavar="LAB", min=0.0, help="Largest |Δa|, |Δb| let through.", show_default="0.5; int8 30"),
    ] = None,
    mean: Annotated[
        float | None,
        typer.Option(metavar="LAB", min=0.0, help="Mean |Δa|, |Δb| let through.", show_default="0.05; int8 1.5"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Write the network as ONNX, after proof that it gives the same colours (needs the torch extra)."""
    from colorizer_cli.exporting.export import Export
    from colorizer_cli.exporting.export import export as export_weights

    if output is None:
        output = Path(f"{Path(weights or 'hybrid-lite').resolve().name}{'-int8' if int8 else ''}.onnx")
    weights = fetched(weights, quiet or as_json)
    done = export_weights(Export(weights, output, int8, opset, photos, largest, mean, overwrite))
    if as_json:
        proof = done.parity
        print_json(
            {
                "output": str(output),
                "bytes": done.size,
                "photos": proof.photos,
                "max_delta_ab": proof.largest,
                "mean_delta_ab": proof.mean,
            }
        )
    elif not quiet:
        say(
            f"{output}: {done.size / 1e6:.1f} MB; over {done.parity.photos} photos a and b differ by "
            f"{done.parity.largest:.2g} at most, {done.parity.mean:.2g} in the mean"
        )
