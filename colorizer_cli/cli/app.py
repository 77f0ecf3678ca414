"""The app, the default command, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import typer

from colorizer_cli.cli import batch, doctor, options, photo, weights
from colorizer_cli.errors import ColorizerError

INTERRUPTED = 130
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
app.command("batch")(batch.batch)
app.add_typer(weights.app, name="weights")
app.command("doctor")(doctor.doctor)

COMMANDS = {"batch", "weights", "doctor"}
GLOBAL_OPTIONS = {"-h", "--help", "--version", "--install-completion", "--show-completion"}


@app.callback()
def _root(version: options.Version = False) -> None:
    pass


def with_default_command(arguments: list[str]) -> list[str]:
    """`colorize old.jpg …` and `colorize -o new.jpg old.jpg` mean the photo command."""
    if not arguments:
        return ["--help"]
    return arguments if arguments[0] in COMMANDS | GLOBAL_OPTIONS else [PHOTO, *arguments]


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)  # an exception, so that temporary files are removed on the way out


def main() -> None:
    """Entry point of `colorize`."""
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, _terminate)
    arguments = with_default_command(sys.argv[1:])
    try:
        sys.exit(app(arguments, standalone_mode=False))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except Exception as error:
        if "--debug" in arguments:
            raise
        message, code = _explain(error)
        print(f"error: {message}", file=sys.stderr)
        sys.exit(code)


def _explain(error: Exception) -> tuple[str, int]:
    """→ one or two lines for the user, exit code."""
    if isinstance(error, ColorizerError):
        return str(error), error.exit_code
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # the option parser's own errors
        return f"{error.format_message()} See --help.", int(error.exit_code)
    detail = str(error).strip().splitlines()
    return f"{type(error).__name__}: {detail[0] if detail else 'no details'}. Add --debug to see where", 1
