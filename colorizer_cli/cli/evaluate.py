"""`colorize evaluate`: how good the colours are, on photos whose colours are known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colorizer_cli.cli import options
from colorizer_cli.cli.console import print_json, print_table, progress_bar, say
from colorizer_cli.cli.fetching import fetched
from colorizer_cli.errors import UsageError


def evaluate(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="Folders of colour photos.")],
    weights: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|DIR|hf:…",
            help="Which weights; several are compared in pairs.",
            show_default="the embedded ones",
        ),
    ] = None,
    vividness: Annotated[
        list[float] | None,
        typer.Option(metavar="0..1", min=0.0, max=1.0, help="May be repeated.", show_default="the weights' own, and 0"),
    ] = None,
    film: Annotated[
        str, typer.Option(metavar="luminance|orthochromatic|panchromatic", help="How the photos are made gray.")
    ] = "luminance",
    short_side: Annotated[
        int, typer.Option(metavar="N", min=64, help="Photos are shrunk to this short side, px; never enlarged.")
    ] = 256,
    centre_crop: Annotated[bool, typer.Option("--centre-crop", help="Measure the middle square only.")] = False,
    size: options.Size = None,
    sample: Annotated[
        int | None, typer.Option(metavar="N", min=2, help="So many photos, chosen at random.", show_default="all")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice and of the intervals.")] = 0,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the figures of each photo.")] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Also write a page with the best, median and worst photos.")
    ] = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing --csv and --report files.")] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Make colour photos gray, colour them, and measure the result against the truth, with 95 % intervals."""
    from colorizer_cli.engine.colorizer import Colorizer
    from colorizer_cli.evaluation.colour_photos import ColourPhotos
    from colorizer_cli.evaluation.evaluate import evaluate as measure_all
    from colorizer_cli.evaluation.methods import Method, baselines, weights_methods
    from colorizer_cli.evaluation.report import as_html
    from colorizer_cli.evaluation.summary import summarize
    from colorizer_cli.evaluation.tables import as_csv, as_object
    from colorizer_cli.evaluation.words import differences_table, means_table
    from colorizer_cli.photo.writing import check_place, write_bytes

    if csv is not None and report is not None and csv.absolute() == report.absolute():
        raise UsageError(f"{csv}: --csv and --report cannot be the same file")
    for file in (csv, report):
        if file is not None:
            check_place(file, overwrite=overwrite)
    photos = ColourPhotos(folders, short_side, centre_crop, sample, seed)
    colorizers = [Colorizer(fetched(name, quiet or as_json), backend, device) for name in weights or (None,)]
    base = baselines(colorizers)
    methods: list[Method] = [*weights_methods(colorizers, vividness or (), size, weights or ()), *base]
    with progress_bar(not quiet and not as_json, "measuring") as progress:
        measured = measure_all(photos, methods, film, progress)
    summaries, true = summarize(measured, seed)
    protocol = {
        "film": film,
        "short side": short_side,
        "crop": "middle square" if centre_crop else "none",
        "network input": size or "the weights' own",
        "sample": sample or "all",
        "seed": seed,
    }
    if csv is not None:
        write_bytes(as_csv(measured), csv, overwrite=overwrite)
    if report is not None:
        write_bytes(as_html(measured, summaries, true, protocol, photos, methods), report, overwrite=overwrite)
    if as_json:
        print_json(as_object(measured, summaries, true, protocol))
    elif not quiet:
        print_table(*means_table(summaries, true))
        if len(colorizers) > 1:
            print_table(*differences_table([s for s in summaries if s.name not in {b.name for b in base}]))
        skipped = ", ".join(f"{count} {reason}" for reason, count in measured.skipped.items()) or "none"
        say(f"{len(measured.files)} photos; skipped: {skipped}; ±: half of the 95 % interval")
        if measured.no_lpips:
            say(f"LPIPS was not computed: {measured.no_lpips}")
