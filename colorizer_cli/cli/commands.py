"""The commands by name. Each is imported, and the table of its options built, when it is asked for: building all of
them costs every start 40 ms, and a photo needs one.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping
from typing import Any

import typer

PHOTO = "PHOTO"  # the default command; never typed
PHOTO_HELP = "Colour one photo: `colorize PHOTO [OPTIONS]`; see `colorize PHOTO --help`."

# in the order in which --help lists them: name → (module of this package, what to take from it)
HOMES = {
    PHOTO: ("photo", "colorize"),
    "batch": ("batch", "batch"),
    "doctor": ("doctor", "doctor"),
    "verify": ("verify", "verify"),
    "fine-tune": ("fine_tune", "fine_tune"),
    "evaluate": ("evaluate", "evaluate"),
    "export": ("export", "export"),
    "edit": ("edit", "edit"),
    "weights": ("weights", "app"),
}


class Commands(MutableMapping[str, Any]):
    """What a command group looks its commands up in; the values are Typer's command objects."""

    def __init__(self) -> None:
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            self._built[name] = _build(name)
        return self._built[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._built[name] = command

    def __delitem__(self, name: str) -> None:
        del self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(HOMES)

    def __len__(self) -> int:
        return len(HOMES)


def _build(name: str) -> Any:
    """Raises KeyError for a name that is no command's."""
    module, attribute = HOMES[name]
    home = getattr(importlib.import_module(f"colorizer_cli.cli.{module}"), attribute)
    if isinstance(home, typer.Typer):
        command: Any = typer.main.get_group(home)
        command.name = name
        return command
    alone = typer.Typer(add_completion=False)
    alone.command(name, help=PHOTO_HELP if name == PHOTO else None)(home)
    return typer.main.get_command(alone)
