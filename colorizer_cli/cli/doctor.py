"""`colorize doctor`: what this machine can run."""

from __future__ import annotations

from typing import Annotated

import typer

from colorizer_cli.cli.console import print_json, print_table


def doctor(as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False) -> None:
    """What this machine can run; exit 1 if that is not even the main job."""
    from colorizer_cli.engine.diagnosis import diagnose

    report = diagnose()
    if as_json:
        print_json(report)
    else:
        print_table(["what", "found"], [[name, str(value)] for name, value in report.items()])
    if not report["main job"] == "works":
        raise typer.Exit(1)
