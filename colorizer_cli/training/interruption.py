"""Ctrl-C, SIGTERM and SIGHUP, put off until a training step is done: weights are never saved half-updated."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@dataclass
class Pending:
    """The signal that has come in, if any."""

    number: int | None = None


@contextlib.contextmanager
def deferred_interrupts() -> Iterator[Pending]:
    """Signals are noted in the yielded object and delivered at the end of the block. A second one comes at once.

    Outside the main thread, where Python allows no handlers, signals do what they always do.
    """
    pending = Pending()
    if threading.current_thread() is not threading.main_thread():
        yield pending
        return
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    before = {number: handler for number, handler in handlers.items() if handler is not signal.SIG_IGN}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, frame: FrameType | None) -> None:
        pending.number = number
        restore()  # a second signal does not wait

    for number in before:
        signal.signal(number, note)
    try:
        yield pending
    finally:
        restore()
    if pending.number is not None:
        signal.raise_signal(pending.number)


def leave_interrupts_to_parent(worker: int = 0) -> None:
    """For a loader's process: signals reach the whole group, as from Ctrl-C or `timeout`, and only the trainer may act
    on them. It leaves the group; when the trainer is no more, torch ends it."""
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
