"""The app, the default command, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from colorizer_cli.cli import doctor, photo, weights
from colorizer_cli.errors import ColorizerError
from colorizer_cli.version import __version__

INTERRUPTED, TERMINATED = 130, 143
PHOTO = "PHOTO"  # the default command; never typed

app = typer.Typer(
    name="colorize",
    help="Plausible colour for black-and-white photographs; nothing else in them is touched.\n\n"
    "colorize old.jpg -o new.jpg",
    epilog="A photo that is named like a command is given as ./weights",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(PHOTO, help="Colour one photo: `colorize PHOTO [OPTIONS]`; see `colorize PHOTO --help`.")(photo.colorize)
app.add_typer(weights.app, name="weights")
app.command("doctor")(doctor.doctor)

COMMANDS = {"weights", "doctor"}
GLOBAL_OPTIONS = {"-h", "--help", "--version", "--install-completion", "--show-completion"}


def _print_version(asked: bool) -> None:
    if asked:
        print(f"colorize {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    pass


def with_default_command(arguments: list[str]) -> list[str]:
    """`colorize old.jpg …` and `colorize -o new.jpg old.jpg` mean the photo command."""
    first = arguments[0] if arguments else "--help"
    return arguments if first in COMMANDS or first in GLOBAL_OPTIONS else [PHOTO, *arguments]


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)  # an exception, so that temporary files are removed on the way out


def main() -> None:
    """Entry point of `colorize`."""
    signal.signal(signal.SIGTERM, _terminate)
    arguments = with_default_command(sys.argv[1:])
    try:
        app(arguments)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except ColorizerError as error:
        if "--debug" in arguments:
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
