"""Ctrl-C, once: finish the photos in hand. Twice: stop at once."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType


class Interruption:
    """Whether the user has asked the run to end."""

    def __init__(self) -> None:
        self.asked = False

    def wait(self, seconds: float) -> None:
        """Sleeps, but not longer than until it is asked."""
        deadline = time.monotonic() + seconds
        while not self.asked and time.monotonic() < deadline:
            time.sleep(min(0.2, seconds))

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Python's signal handler. Says nothing by itself: it may have come in the middle of a line."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """Takes Ctrl-C over while the block runs, where that is possible: in the main thread."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = signal.signal(signal.SIGINT, interruption.handle)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)
