"""What a training run tells about itself while it goes on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from colorizer_cli.training.stages import Stage

RECENT = 20  # steps that the shown loss and speed are averaged over


@dataclass(frozen=True)
class Progress:
    """One moment of a run.

    what               "reading photos", "training", "measuring" …
    done, total        photos read, steps trained, or photos measured
    size               px of the current stage
    loss, photos_per_second   over the last steps
    validation         a/b squared error of the averaged weights on the held-back photos, when last measured
    seconds_left       of this run's training, None as long as it cannot be known
    """

    what: str
    done: int
    total: int
    size: int | None = None
    loss: float | None = None
    photos_per_second: float | None = None
    validation: float | None = None
    seconds_left: float | None = None


ProgressReport = Callable[[Progress], None]


@dataclass
class Pace:
    """Measures speed and loss over the last steps, and estimates the time left: work grows with the size squared."""

    stages: Sequence[Stage]
    _seconds: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    _losses: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    _began: float = 0.0
    _size: int = 0

    def start(self, size: int) -> None:
        """A step begins, or training goes on after a pause (a validation, a checkpoint)."""
        if size != self._size:
            self._seconds.clear()
            self._losses.clear()
        self._size = size
        self._began = time.monotonic()

    def step_done(self, loss: float) -> None:
        now = time.monotonic()
        self._seconds.append(now - self._began)
        self._losses.append(loss)
        self._began = now

    @property
    def loss(self) -> float:
        return sum(self._losses) / len(self._losses)

    @property
    def seconds_per_step(self) -> float:
        return sum(self._seconds) / len(self._seconds)

    def seconds_left(self, step: int) -> float:
        """After `step` steps of the whole run."""
        left, first = 0.0, 0
        for stage in self.stages:
            remaining = stage.steps - min(max(step - first, 0), stage.steps)
            left += remaining * self.seconds_per_step * (stage.size / self._size) ** 2
            first += stage.steps
        return left
