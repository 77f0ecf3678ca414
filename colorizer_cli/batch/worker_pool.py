"""What a run needs of those who colour, wherever they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from colorizer_cli.batch.job import Outcome, Task


class WorkerPool(Protocol):
    """Takes tasks and gives outcomes: exactly one for each task."""

    @property
    def jobs(self) -> int:
        """How many tasks can be in hand at a time."""

    @property
    def busy(self) -> list[Task]:
        """The tasks in hand."""

    @property
    def idle(self) -> int:
        """How many tasks can be given out now."""

    def give(self, task: Task) -> None:
        """Hands a task to an idle worker."""

    def outcomes(self, timeout: float) -> Iterator[Outcome]:
        """What has become of tasks, after waiting for `timeout` seconds at most."""

    def kill(self) -> None:
        """Ends all workers now."""
