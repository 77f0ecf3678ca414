"""Workers that are threads of this process: for `memory://`, which other processes cannot see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from colorizer_cli.batch.coloring import colorizing
from colorizer_cli.batch.job import BatchJob, Outcome, Task


@dataclass(frozen=True)
class InHand:
    """A task, and the function of the thread that does it."""

    task: Task
    colour: Callable[[Task], Outcome]


class ThreadWorkers:
    """`job.jobs` threads, each with its network. A photo that crashes takes the run with it, none can be stopped half
    way, and `job.time_limit` does not hold: what `Workers` has processes for.
    """

    def __init__(self, job: BatchJob) -> None:
        """Raises WeightsError, BackendError or StorageError where the network or a place cannot be opened."""
        self._idle = [
            colorizing(job.recipe, job.backend, job.device, job.source, job.output) for _ in range(max(1, job.jobs))
        ]
        self._jobs = len(self._idle)
        self._threads = ThreadPoolExecutor(self._jobs, "colorize")
        self._in_hand: dict[Future[Outcome], InHand] = {}

    @property
    def jobs(self) -> int:
        """How many tasks can be in hand at a time."""
        return self._jobs

    @property
    def busy(self) -> list[Task]:
        """The tasks in hand."""
        return [in_hand.task for in_hand in self._in_hand.values()]

    @property
    def idle(self) -> int:
        """How many tasks can be given out now."""
        return len(self._idle)

    def give(self, task: Task) -> None:
        """Hands a task to an idle worker."""
        colour = self._idle.pop()
        self._in_hand[self._threads.submit(colour, task)] = InHand(task, colour)

    def outcomes(self, timeout: float) -> Iterator[Outcome]:
        """What has become of tasks, after waiting for `timeout` seconds at most."""
        for future in wait(self._in_hand, timeout, FIRST_COMPLETED).done:
            self._idle.append(self._in_hand.pop(future).colour)
            yield future.result()

    def kill(self) -> None:
        """Ends all of them, after the photos in hand."""
        self._threads.shutdown(cancel_futures=True)
        self._in_hand = {}
