"""`colorize PHOTO`: colour one photo."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from colorizer_cli.cli import options
from colorizer_cli.cli.console import print_json, say
from colorizer_cli.errors import UsageError
from colorizer_cli.photo.formats import MAX_PIXELS, QUALITY


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
    from colorizer_cli.engine.one_photo import Job, run
    from colorizer_cli.engine.settings import Settings
    from colorizer_cli.photo.content_credentials import Certificate

    if (c2pa is None) != (c2pa_key is None):
        raise UsageError("--c2pa CHAIN.pem and --c2pa-key KEY.pem go together")
    if (candidates > 1) + (pick > 1) + (ask > 0) > 1:
        raise UsageError("--candidates, --pick and --ask are three different things to do; choose one")
    job = Job(
        source,
        output,
        form,
        quality,
        overwrite,
        before_after=Path(before_after) if before_after else None,
        progressive=progressive,
        max_pixels=max_pixels,
        strip_metadata=strip_metadata,
        sidecar=sidecar,
        force=force,
        hints=Path(hints) if hints else None,
        like=tuple(like or ()),
        confidence=Path(confidence) if confidence else None,
        candidates=candidates,
        ask=ask,
        certificate=Certificate(Path(c2pa), Path(c2pa_key)) if c2pa and c2pa_key else None,
    )
    result = run(job, weights, backend, device, Settings(vividness, size, border, tone, candidate=pick))
    seconds = round(time.perf_counter() - started, 3)
    if as_json:
        print_json(result | {"seconds": seconds})
    elif result["output"] is None:
        say(str(result["left_alone"]))
    elif not quiet:
        for remark in result["remarks"]:
            say(remark)
        say(f"{result['output']}  (colours by {result['weights']}, {seconds:.1f} s)")
        if verbose:
            for name, value in result.items():
                say(f"  {name}: {value}")
