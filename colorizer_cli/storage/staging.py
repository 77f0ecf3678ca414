"""Local folders for files on their way, removed by whoever comes next if their owner was killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile

try:
    import fcntl
except ImportError:  # Windows: each removes its own
    fcntl = None  # type: ignore[assignment]

PREFIX = "colorize-staging-"


class Staging:
    """A folder of this process's own, in the system's folder for temporary files. Locked while the process lives."""

    def __init__(self) -> None:
        sweep()
        while True:
            self.folder = tempfile.mkdtemp(prefix=PREFIX)
            self._descriptor = _locked(self.folder)
            if self._descriptor is not None or fcntl is None:
                return  # else somebody has swept it before it was locked

    def file(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def clear(self) -> None:
        """Removes what is in it."""
        with contextlib.suppress(OSError):
            for name in os.listdir(self.folder):
                os.unlink(os.path.join(self.folder, name))

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def sweep() -> None:
    """Removes the folders of processes that are no more."""
    if fcntl is None:
        return
    home = tempfile.gettempdir()
    with contextlib.suppress(OSError):
        for name in os.listdir(home):
            folder = os.path.join(home, name)
            if name.startswith(PREFIX) and (descriptor := _locked(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(descriptor)


def _locked(folder: str) -> int | None:
    """A descriptor that holds the folder's lock; None where another process has it, or the folder is gone."""
    if fcntl is None:
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), os.stat(folder)):
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None
