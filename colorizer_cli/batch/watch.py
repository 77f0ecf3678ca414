"""Which photos of a watched folder are complete: a scanner's output grows, stalls, and grows again."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

SETTLED_SECONDS = 3.0  # without a change
LOOK_SECONDS = 2.0  # between looks at the folder, at the least
LOOK_SHARE = 0.1  # of the time may go into looking


@dataclass
class Settling:
    """Tells complete photos from growing ones, by looking at them again and again; to be used as a context.

    A photo is complete when its size and time have not changed for some seconds and, where Linux can tell, nobody has
    it open for writing. One that a scanner stalls over for longer, unseen, fails as damaged and is taken again once
    it has changed.
    """

    seconds: float = SETTLED_SECONDS
    _seen: dict[str, tuple[tuple[int, int], float]] = field(default_factory=dict)
    _leases: bool = False

    def __enter__(self) -> Settling:
        if sys.platform.startswith("linux") and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGIO, signal.SIG_IGN)  # sent when a writer comes during the check
            self._leases = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._leases:
            signal.signal(signal.SIGIO, self._before)

    def pause(self, looked: float) -> float:
        """Seconds to wait after a look that took `looked` seconds."""
        return max(LOOK_SECONDS, looked / LOOK_SHARE)

    def is_complete(self, path: str) -> bool:
        """Whether the photo can be taken now."""
        try:
            status = os.stat(path)
        except OSError:  # gone again
            self._seen.pop(path, None)
            return False
        look, now = (status.st_size, status.st_mtime_ns), time.monotonic()
        before, since = self._seen.get(path, (None, now))
        if before is None and time.time() - status.st_mtime > 60 and not self._has_writer(path):
            return True  # lay there before the watch began, or was moved here whole
        if before != look:
            self._seen[path] = (look, now)
            return False
        if now - since < self.seconds or self._has_writer(path):
            return False
        del self._seen[path]
        return True

    def _has_writer(self, path: str) -> bool:
        """A read lease is granted only on a file that nobody has open for writing (fcntl(2), F_SETLEASE)."""
        if not self._leases:
            return False
        import fcntl

        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return False  # for the reader to say
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except BlockingIOError:
            return True
        except OSError:  # another user's file, or a file system without leases
            return False
        finally:
            os.close(descriptor)
        return False
