"""Where a journal's lines go."""

from __future__ import annotations

import os
from typing import BinaryIO, Protocol


class Log(Protocol):
    """Lines at its end, and nothing else. `sync_seconds`: how much work a power cut may cost."""

    sync_seconds: float

    def write(self, line: bytes) -> None: ...

    def sync(self) -> None:
        """Returns when all lines are safe."""

    def close(self) -> None: ...


class FileLog:
    """A local file, opened for reading and appending. Raises OSError."""

    sync_seconds = 1.0

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, line: bytes) -> None:
        self._file.write(line)
        self._file.flush()

    def sync(self) -> None:
        os.fsync(self._file.fileno())

    def close(self) -> None:
        with self._file:
            self.sync()
