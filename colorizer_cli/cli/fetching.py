"""Fetching on the screen: a bar on a terminal, a line elsewhere; and `--weights hf:…` on its way to a command."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from colorizer_cli.cli.console import say
from colorizer_cli.weights.hub_reference import HubReference, is_hub_reference

if TYPE_CHECKING:
    from colorizer_cli.weights.hub_cache import Pulled
    from colorizer_cli.weights.hub_pull import Contents


class FetchingDisplay:
    """Call it with the file's name, the bytes that are there, and all bytes. `quiet`: shows nothing."""

    def __init__(self, title: str, quiet: bool = False) -> None:
        self._title = title
        self._quiet = quiet
        self._bar: Any = None
        self._told = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, name: str, done: int, total: int) -> None:
        if self._quiet:
            return
        if not sys.stderr.isatty():
            if not self._told:
                say(f"pulling {self._title}, {total / 1e6:.1f} MB")
            self._told = True
            return
        if self._bar is None:
            self._start(total)
        self._bar.update(self._bar.task_ids[0], completed=done, description=f"{self._title} {name}")

    def _start(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.progress import TransferSpeedColumn as Speed

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), Speed(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.add_task(self._title, total=total)
        self._bar.start()


def fetched(weights: str | None, quiet: bool = False) -> str | None:
    """`--weights`, where it means the Hub: pulled if it is not here yet, and pinned to the commit that it is."""
    if weights is None or not is_hub_reference(weights):
        return weights
    from colorizer_cli.weights.hub_pull import WEIGHTS

    reference = HubReference.parse(weights)
    pulled = obtain_shown(reference, WEIGHTS, quiet)
    if not reference.pinned and not quiet:
        say(f"{reference} is {pulled.reference}")
    return str(pulled.reference)


def obtain_shown(reference: HubReference, contents: Contents, quiet: bool) -> Pulled:
    """`hub_pull.obtain` with a bar."""
    from colorizer_cli.weights.hub_pull import obtain

    with FetchingDisplay(str(reference), quiet) as display:
        return obtain(reference, contents, display)
