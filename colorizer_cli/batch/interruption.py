"""Ctrl-C, once: finish the photos in hand. Twice: stop at once."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType


class Interruption:
    """Whether the run is to end. `on_first` is called when it is asked to."""

    def __init__(self, on_first: Callable[[], None]) -> None:
        self.asked = False
        self._on_first = on_first

    def wait(self, seconds: float) -> None:
        """Sleeps, but not longer than until it is asked."""
        deadline = time.monotonic() + seconds
        while not self.asked and time.monotonic() < deadline:
            time.sleep(min(0.2, seconds))

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._on_first()


@contextlib.contextmanager
def interruptible(on_first: Callable[[], None]) -> Iterator[Interruption]:
    """Takes Ctrl-C over while the block runs, where that is possible: in the main thread."""
    interruption = Interruption(on_first)
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = signal.signal(signal.SIGINT, interruption._handle)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)
