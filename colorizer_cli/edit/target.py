"""A file that the page saves to: it may be replaced as long as nobody else has changed it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from colorizer_cli.errors import OutputError
from colorizer_cli.photo.writing import check_place


@dataclass
class Target:
    """overwrite  the user allows whatever is there to be replaced
    known      size and time of the file that was read or written here; None: there was none, or not this one
    """

    path: Path
    overwrite: bool = False
    known: tuple[int, int] | None = None

    @property
    def replaceable(self) -> bool:
        return self.overwrite or (self.known is not None and self.known == _status(self.path))

    def check(self, original: str) -> None:
        """Raises OutputError or UsageError where the file may not be written."""
        if self.known is not None and not self.replaceable and os.path.lexists(self.path):
            raise OutputError(
                f"{self.path} has been changed by something else since it was saved here; move it away and save again"
            )
        check_place(self.path, original, self.replaceable)

    def note(self) -> None:
        """The file, as it is now, is what was read or written here."""
        self.known = _status(self.path)


def _status(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
