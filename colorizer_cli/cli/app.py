"""The app, the default command, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from types import FrameType
from typing import Any

import typer
from typer.core import TyperGroup

from colorizer_cli.cli import options
from colorizer_cli.cli.commands import HOMES, PHOTO, Commands
from colorizer_cli.errors import ColorizerError

INTERRUPTED = 130


class PhotoByDefault(TyperGroup):
    """A command line that names no command is the photo command's: when it is run, and when the shell completes it."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        nothing_yet = ctx.resilient_parsing and not args  # the shell completes the first word
        return super().parse_args(ctx, args if nothing_yet else with_default_command(args))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The first word may be a command, an option of the whole, or one of the photo command."""
        found = [item for item in super().shell_complete(ctx, incomplete) if item.value != PHOTO]
        known = {item.value for item in found}
        if incomplete.startswith("-"):
            options = self.commands[PHOTO].shell_complete(ctx, incomplete)
            found += [item for item in options if item.value not in known]
        return found


app = typer.Typer(
    name="colorize",
    cls=PhotoByDefault,
    help="Plausible colour for black-and-white photographs; nothing else in them is touched.\n\n"
    "colorize old.jpg -o new.jpg",
    epilog="A photo that is named like a command is given as ./weights",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = set(HOMES) - {PHOTO}
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


def _hold_standard_streams() -> None:
    """A standard stream that is closed (`2>&-`) would give its number to the next file that is opened, and what
    libraries print would go into that: it is taken by the null device."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - as long as the process


def command() -> None:
    """`colorize` on the shell. After a photo the process ends at once: all is cleaned up by then, to take the network
    and the libraries down piece by piece would cost another 60 ms, and after Ctrl-C one of their threads may still be
    at work."""
    try:
        main()
    except SystemExit as ending:
        if with_default_command(sys.argv[1:])[0] != PHOTO:
            raise
        code = ending.code if isinstance(ending.code, int) else 0
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # a reader that has gone
            if stream is not None:
                stream.flush()
    os._exit(code)


def main() -> None:
    """Runs the command that sys.argv names; always ends with SystemExit."""
    # NumPy's BLAS would start a thread for each core; they spin for a while, and nothing here multiplies large matrices
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _hold_standard_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):  # names that its encoding does not have are shown escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` has it
            signal.signal(number, _terminate)
    try:
        sys.exit(app(sys.argv[1:], standalone_mode=False))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except Exception as error:
        if "--debug" in sys.argv[1:]:
            raise
        message, code = _explain(error)
        print(f"error: {message}", file=sys.stderr)
        sys.exit(code)


def _explain(error: Exception) -> tuple[str, int]:
    """→ one or two lines for the user, exit code."""
    if isinstance(error, ColorizerError):
        return str(error), error.exit_code
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # the option parser's own errors
        said = error.format_message()  # empty where a command of several was named alone: their help has been shown
        return f"{said or 'which of these commands?'} See --help.", int(error.exit_code)
    detail = str(error).strip().splitlines()
    return f"{type(error).__name__}: {detail[0] if detail else 'no details'}. Add --debug to see where", 1
