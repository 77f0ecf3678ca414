"""Options that commands share, with their help texts."""

from __future__ import annotations

from collections.abc import Callable
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


def one_of(words: str) -> Callable[[], list[str]]:
    """For the shell's completion of an option that takes one of `words`, written as in its metavar: a|b|c."""
    return lambda: words.split("|")


FORMATS = "jpeg|png|tiff|webp|avif|heic"

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
    str | None,
    typer.Option(metavar="NAME|DIR|hf:OWNER/REPO[@REV]", help="Which weights.", show_default="the embedded ones"),
]
Backend = Annotated[
    str,
    typer.Option(metavar="auto|onnx|torch", help="What runs the network.", autocompletion=one_of("auto|onnx|torch")),
]
Device = Annotated[
    str,
    typer.Option(metavar="auto|cpu|cuda[:N]", help="Where the network runs.", autocompletion=one_of("auto|cpu|cuda")),
]
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
Border = Annotated[
    str,
    typer.Option(
        metavar="auto|keep|colour",
        help="Film borders, mounts and margins: found and neutral; found and in their own tint; coloured, too.",
        autocompletion=one_of("auto|keep|colour"),
    ),
]
Tone = Annotated[
    str,
    typer.Option(
        metavar="keep|neutral",
        help="Lightness: the original's, or a faded scan's contrast restored.",
        autocompletion=one_of("keep|neutral"),
    ),
]
OutputFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar=FORMATS,
        help="Format of the result.",
        show_default="the suffix's, or the input's",
        autocompletion=one_of(FORMATS),
    ),
]
Quality = Annotated[int, typer.Option(metavar="1..100", min=1, max=100, help="Quality of lossy formats.")]
Progressive = Annotated[bool, typer.Option("--progressive", help="Write progressive JPEG.")]
StripMetadata = Annotated[
    bool, typer.Option("--strip-metadata", help="Leave out EXIF, GPS, IPTC, comments and the original's XMP.")
]
Sidecar = Annotated[bool, typer.Option("--sidecar", help="Read the photo's XMP sidecar; write one beside the result.")]
Force = Annotated[bool, typer.Option("--force", help="Colour what is in colour already, or looks like a negative.")]
C2pa = Annotated[
    str | None,
    typer.Option("--c2pa", metavar="CHAIN.pem", help="Sign the result as Content Credentials (extra [c2pa])."),
]
C2paKey = Annotated[str | None, typer.Option("--c2pa-key", metavar="KEY.pem", help="The private key of --c2pa.")]
MaxPixels = Annotated[int, typer.Option(metavar="N", min=1, help="Refuse what claims to have more pixels.")]
BeforeAfter = Annotated[
    str | None, typer.Option(metavar="SHEET.jpg", help="Also write original and result side by side.")
]
Hints = Annotated[
    str | None,
    typer.Option(metavar="FILE.json", help='Colours you know: [{"x":…,"y":…,"color":"#aabbcc","radius":…}].'),
]
Like = Annotated[
    list[str] | None, typer.Option(metavar="PHOTO", help="Take the palette of a colour photo; several are averaged.")
]
Candidates = Annotated[
    int, typer.Option(metavar="N", min=1, max=24, help="N different plausible results and a numbered sheet.")
]
Pick = Annotated[int, typer.Option(metavar="K", min=1, max=24, help="Write candidate K alone.", show_default="1")]
Confidence = Annotated[
    str | None, typer.Option(metavar="MAP.png", help="Also write where the colour is sure and where it is a guess.")
]
Ask = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        max=99,
        help="Write the N places where knowing the colour would help most, as a hints file and a picture, instead.",
        show_default=False,
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Allow an existing output to be replaced (never the input).")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout instead of words.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing on success.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say more.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback on error.")]
Version = Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")]
