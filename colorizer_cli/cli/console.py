"""Everything that is printed: words and tables to stderr, JSON to stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence


def say(line: str) -> None:
    """A line of words on stderr: stdout is for photos and JSON."""
    print(line, file=sys.stderr)


def print_json(value: Mapping[str, object]) -> None:
    """One object, one line, on stdout, at once. Names that are not UTF-8 are escaped as JSON's \\udcXX."""
    text = json.dumps(value, ensure_ascii=False)
    print(text if _is_utf8(text) else json.dumps(value), flush=True)


def printable(name: str) -> str:
    """A file's name on one line: control characters and bytes that are not UTF-8 are shown escaped."""
    shown = name.encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
