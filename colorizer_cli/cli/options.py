"""Options that commands share, with their help texts."""

from __future__ import annotations

from typing import Annotated

import typer

from colorizer_cli.errors import ColorizerError
from colorizer_cli.version import __version__
from colorizer_cli.weights.registry import find_weights


def _print_version(asked: bool) -> None:
    if asked:
        print(f"colorize {__version__}")
        raise typer.Exit


def _default_vividness() -> str:
    try:
        return f"{find_weights().config.vividness:g} with the embedded weights"
    except ColorizerError:  # --help must work on a broken installation
        return "the weights' own"


Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="PATH",
        help="Where to write; the suffix chooses the format; - is stdout.",
        show_default="<stem>-color.<ext> beside the input",
    ),
]
Weights = Annotated[
    str | None, typer.Option(metavar="NAME|DIR", help="Which weights.", show_default="the embedded ones")
]
Backend = Annotated[str, typer.Option(metavar="auto|onnx|torch", help="What runs the network.")]
Device = Annotated[str, typer.Option(metavar="auto|cpu|cuda[:N]", help="Where the network runs.")]
Vividness = Annotated[
    float | None,
    typer.Option(
        metavar="0..1",
        help="0: the expected colour, muted; 1: as colourful as photos are.",
        show_default=_default_vividness(),
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Network input size; larger follows finer objects.", show_default="the weights' own"
    ),
]
OutputFormat = Annotated[
    str | None,
    typer.Option("--format", metavar="jpeg|png|tiff|webp", help="Format for -o -.", show_default="the input's"),
]
Quality = Annotated[int, typer.Option(metavar="1..100", min=1, max=100, help="JPEG and WebP quality.")]
BeforeAfter = Annotated[
    str | None, typer.Option(metavar="SHEET.jpg", help="Also write original and result side by side.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Allow an existing output to be replaced (never the input).")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout instead of words.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing on success.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say more.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback on error.")]
Version = Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")]
