"""Everything that is printed: words and tables to stderr, JSON to stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence


def say(line: str) -> None:
    """A line of words on stderr: stdout is for photos and JSON."""
    print(line, file=sys.stderr)


def print_json(value: Mapping[str, object]) -> None:
    """One object, one line, on stdout."""
    print(json.dumps(value, ensure_ascii=False))


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
