"""Names of the hidden files that outputs are written to before they are whole."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".part"


def temporary_prefix(path: Path) -> str:
    """How the names of `path`'s temporary files begin: a process that is killed leaves one behind."""
    return f".{path.stem[:40]}-"
