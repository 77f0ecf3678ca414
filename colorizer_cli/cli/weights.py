"""`colorize weights list|verify|path`."""

from __future__ import annotations

from typing import Annotated

import typer

from colorizer_cli.cli.console import print_json, print_table, say
from colorizer_cli.errors import WeightsError

app = typer.Typer(help="The model's weights: list them, verify them, say where they are.", no_args_is_help=True)
Name = Annotated[str | None, typer.Argument(metavar="[NAME|DIR]", help="Which weights.", show_default="embedded")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@app.command("list")
def list_weights(as_json: Json = False) -> None:
    """The weights that --weights takes by name."""
    from colorizer_cli.weights.listing import describe_all

    rows = describe_all()
    if as_json:
        print_json({"weights": rows})
    else:
        print_table(list(rows[0]), [[str(value) for value in row.values()] for row in rows])


@app.command()
def verify(name: Name = None) -> None:
    """Recompute every file's sha256 and compare it with the recorded one."""
    from colorizer_cli.weights.registry import find_weights

    weights = find_weights(name)
    problems = weights.verify()
    if problems:
        raise WeightsError(f"{weights.path} is damaged: " + "; ".join(problems))
    say(f"{weights.path}: the network files are as recorded")


@app.command()
def path(name: Name = None) -> None:
    """Print the weights' folder."""
    from colorizer_cli.weights.registry import find_weights

    print(find_weights(name).path)
