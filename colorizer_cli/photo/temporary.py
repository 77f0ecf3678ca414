"""Names of the hidden files that outputs are written to before they are whole."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".part"
LONGEST = 40  # characters of a name that its temporary files keep


def temporary_prefix(path: Path) -> str:
    """How the names of `path`'s temporary files begin: a process that is killed leaves one behind."""
    return f".{path.stem[:LONGEST]}-"


def is_cut(path: Path) -> bool:
    """Whether temporary files of other names may begin like those of `path`."""
    return len(path.stem) > LONGEST
