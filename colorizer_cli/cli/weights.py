"""`colorize weights`: list|verify|path here, pull|push|remove in weights_hub.py."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from colorizer_cli.cli import options, weights_hub
from colorizer_cli.cli.console import print_json, print_table, say
from colorizer_cli.cli.fetching import fetched
from colorizer_cli.errors import WeightsError

app = typer.Typer(help="The model's weights: embedded, on disk, on the Hub.", no_args_is_help=True)
Name = Annotated[str | None, typer.Argument(metavar="[NAME|DIR|hf:…]", help="Which weights.", show_default="embedded")]


@app.command("list")
def list_weights(as_json: options.Json = False, debug: options.Debug = False) -> None:
    """The weights that --weights takes by name, and those that have been pulled from the Hub."""
    from colorizer_cli.weights.listing import describe_all

    rows = describe_all()
    if as_json:
        print_json({"weights": rows})
    else:
        columns = [name for name in rows[0] if name != "path"]
        print_table(columns, [[row[name] for name in columns] for row in rows])


@app.command()
def verify(name: Name = None, as_json: options.Json = False, debug: options.Debug = False) -> None:
    """Recompute hashes, load strictly, look for NaN and infinity, and compare both backends on a probe."""
    from colorizer_cli.backends.soundness import check_weights
    from colorizer_cli.weights.registry import find_weights

    weights = find_weights(fetched(name, quiet=as_json))
    report = check_weights(weights)
    if as_json:
        print_json({"path": str(weights.path), "sound": report.sound, "problems": report.problems} | report.facts)
        if not report.sound:
            raise typer.Exit(1)
        return
    for what, found in report.facts.items():
        say(f"  {what}: {found}")
    if not report.sound:
        raise WeightsError(f"{weights.path} is not sound: " + "; ".join(report.problems))
    say(f"{weights.path}: sound")


@app.command()
def path(name: Name = None, debug: options.Debug = False) -> None:
    """Print the weights' folder."""
    from colorizer_cli.weights.registry import find_weights

    sys.stdout.buffer.write(os.fsencode(find_weights(fetched(name)).path) + b"\n")


app.command("pull")(weights_hub.pull)
app.command("push")(weights_hub.push)
app.command("remove")(weights_hub.remove)
