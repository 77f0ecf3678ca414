"""Everything that is printed: words and tables to stderr, JSON to stdout."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0  # seconds before a progress bar appears


def say(line: str) -> None:
    """A line of words on stderr: stdout is for photos and JSON."""
    print(line, file=sys.stderr)


def print_json(value: Mapping[str, object]) -> None:
    """One object, one line, on stdout, at once. Names that are not UTF-8, or that stdout's encoding does not
    have, are escaped as JSON's \\uXXXX."""
    text = json.dumps(value, ensure_ascii=False)
    print(text if _can_be_printed(text) else json.dumps(value), flush=True)


def printable(name: str) -> str:
    """A file's name on one line: control characters and bytes that are not UTF-8 are shown escaped."""
    shown = name.encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)


def _can_be_printed(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


@contextlib.contextmanager
def progress_bar(shown: bool, task: str = "colouring") -> Iterator[Callable[[float], None] | None]:
    """→ what takes the share that is done, 0…1, and draws it: on a terminal only, and once a second has gone by."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    started = time.monotonic()
    drawn: list[Progress] = []

    def report(share: float) -> None:
        if not drawn:
            if time.monotonic() - started < PATIENCE:
                return
            from rich.console import Console
            from rich.progress import Progress

            drawn.append(Progress(console=Console(stderr=True), transient=True))
            drawn[0].add_task(task, total=1.0)
            drawn[0].start()
        drawn[0].update(drawn[0].task_ids[0], completed=share)

    try:
        yield report
    finally:
        for bar in drawn:
            bar.stop()


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout; long cells wrap."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # Text: brackets are no markup
    Console().print(table)
