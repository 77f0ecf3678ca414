"""`colorize verify ORIGINAL RESULT`."""

from __future__ import annotations

from typing import Annotated

import typer

from colorizer_cli.cli import options
from colorizer_cli.cli.console import print_json, say
from colorizer_cli.photo.formats import MAX_PIXELS


def verify(
    original: Annotated[str, typer.Argument(metavar="ORIGINAL", show_default=False)],
    result: Annotated[str, typer.Argument(metavar="RESULT", show_default=False)],
    max_pixels: options.MaxPixels = MAX_PIXELS,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> None:
    """Prove that RESULT is ORIGINAL with colour added and nothing else changed; exit 1 if it is not."""
    from colorizer_cli.engine.verification import verify_result

    verdict = verify_result(original, result, max_pixels)
    if as_json:
        pages = [page.facts | {"broken": page.broken} for page in verdict.pages]
        print_json({"holds": verdict.holds, "problems": verdict.problems, "pages": pages})
    elif not quiet:
        for number, page in enumerate(verdict.pages, start=1):
            if len(verdict.pages) > 1:
                say(f"page {number}")
            for name, value in page.facts.items():
                say(f"  {name}: {value}")
        if verdict.holds:
            say(f"{result} is {original} with colour added: all promises hold")
    if not verdict.holds:
        for problem in [] if as_json else verdict.problems:
            say(f"{result} does not hold: {problem}" if quiet else f"does not hold: {problem}")
        raise typer.Exit(1)
