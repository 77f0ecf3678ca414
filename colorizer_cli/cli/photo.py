"""`colorize PHOTO`: colour one photo."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colorizer_cli.cli import options
from colorizer_cli.cli.console import print_json, progress_bar, say
from colorizer_cli.cli.fetching import fetched
from colorizer_cli.errors import UsageError
from colorizer_cli.photo.formats import MAX_PIXELS, QUALITY

if TYPE_CHECKING:
    from colorizer_cli.photo.content_credentials import Certificate


def colorize(
    source: Annotated[str, typer.Argument(metavar="PHOTO", help="The photo; - is stdin.", show_default=False)],
    output: options.Output = None,
    weights: options.Weights = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    vividness: options.Vividness = None,
    size: options.Size = None,
    hints: options.Hints = None,
    like: options.Like = None,
    candidates: options.Candidates = 1,
    pick: options.Pick = 1,
    ask: options.Ask = 0,
    confidence: options.Confidence = None,
    border: options.Border = "auto",
    tone: options.Tone = "keep",
    form: options.OutputFormat = None,
    quality: options.Quality = QUALITY,
    progressive: options.Progressive = False,
    strip_metadata: options.StripMetadata = False,
    sidecar: options.Sidecar = False,
    force: options.Force = False,
    c2pa: options.C2pa = None,
    c2pa_key: options.C2paKey = None,
    max_pixels: options.MaxPixels = MAX_PIXELS,
    before_after: options.BeforeAfter = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
    version: options.Version = False,
) -> None:
    """Colour one photo."""
    started = time.perf_counter()
    if as_json and (output == "-" or (output is None and source == "-")):
        raise UsageError("--json and -o - both want stdout; write the photo to a file")
    from colorizer_cli.engine.job import Job
    from colorizer_cli.engine.one_photo import run
    from colorizer_cli.engine.settings import Settings

    if (candidates > 1) + (pick > 1) + (ask > 0) > 1:
        raise UsageError("--candidates, --pick and --ask are three different things to do; choose one")
    job = Job(
        source,
        output,
        form,
        quality,
        overwrite,
        before_after=Path(before_after) if before_after is not None else None,
        progressive=progressive,
        max_pixels=max_pixels,
        strip_metadata=strip_metadata,
        sidecar=sidecar,
        force=force,
        hints=Path(hints) if hints is not None else None,
        like=tuple(like or ()),
        confidence=Path(confidence) if confidence is not None else None,
        candidates=candidates,
        ask=ask,
        certificate=_certificate(c2pa, c2pa_key),
    )
    weights = fetched(weights, quiet or as_json)
    with progress_bar(shown=not quiet and not as_json) as report:
        settings = Settings(vividness, size, border, tone, candidate=pick)
        result = run(replace(job, report=report), weights, backend, device, settings)
    seconds = round(time.perf_counter() - started, 3)
    if as_json:
        print_json(result | {"seconds": seconds})
    elif "left_alone" in result:
        say(str(result["left_alone"]))
    elif not quiet:
        for remark in result["remarks"]:
            say(remark)
        say(f"{result['output']}  (colours by {result['weights']}, {seconds:.1f} s)")
        if verbose:
            for name, value in result.items():
                say(f"  {name}: {value}")


def _certificate(chain: str | None, key: str | None) -> Certificate | None:
    if (chain is None) != (key is None):
        raise UsageError("--c2pa CHAIN.pem and --c2pa-key KEY.pem go together")
    if chain is None or key is None:
        return None
    from colorizer_cli.photo.content_credentials import Certificate

    return Certificate(Path(chain), Path(key))
