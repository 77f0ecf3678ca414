"""One run at a time on an output folder: an advisory lock on its journal."""

from __future__ import annotations

import time
from multiprocessing import reduction
from typing import Any, BinaryIO

from colorizer_cli.errors import OutputError

try:
    import fcntl
except ImportError:  # Windows: two runs at once are the user's to avoid there
    fcntl = None  # type: ignore[assignment]

PATIENCE = 3.0  # seconds: workers of a run that was killed may still be going


def open_locked(path: str, shared: bool = False, patience: float = PATIENCE) -> BinaryIO:
    """Opens a file for reading and appending, and locks it. Raises OutputError where another run holds the lock.

    `shared`: others that want it shared may hold it, too. `patience`: seconds to wait for it.

    The lock lives as long as any process holds the open file: a run's workers keep it too (see `HeldLock`).
    """
    try:
        file = open(path, "a+b")  # noqa: SIM115 - the caller keeps it
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    if fcntl is None:
        return file
    deadline = time.monotonic() + patience
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return file
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                file.close()
                raise OutputError(
                    f"{path} is in use: another run is writing to this folder. Wait for it, or give another folder"
                ) from error
        except OSError:  # a file system without locks
            return file
        time.sleep(0.1)


class HeldLock:
    """A locked file on its way to a worker: while the worker lives, the lock is held."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __reduce__(self) -> Any:
        return _received, (reduction.DupFd(self.descriptor),)


def _received(descriptor: Any) -> HeldLock:
    return HeldLock(descriptor.detach())
