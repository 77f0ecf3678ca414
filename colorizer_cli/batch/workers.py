"""Worker processes: each colours one photo at a time, and takes only that one with it when it dies."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from colorizer_cli.batch.coloring import identify, may_be_written
from colorizer_cli.batch.job import BatchJob, Outcome, Task
from colorizer_cli.batch.lock import HeldLock
from colorizer_cli.batch.worker import serve
from colorizer_cli.errors import BackendError, ColorizerError
from colorizer_cli.storage.address import shown

START_TRIES = 3
PAUSE_SECONDS = 5.0  # between two looks: more is no work of the loop
LIFETIME_PHOTOS, LIFETIME_SECONDS = 200, 20.0  # both reached: a fresh process, as memory falls into pieces with time
CONTEXT = multiprocessing.get_context("spawn")  # a clean interpreter: forked libvips and ONNX Runtime threads hang


@dataclass
class Worker:
    """A process, the two ends that the parent holds, and the task in hand."""

    process: SpawnProcess
    tasks: Connection
    life: Connection
    ready: bool = False
    task: Task | None = None
    started: float = 0.0
    born: float = field(default_factory=time.monotonic)
    photos: int = 0


class Workers:
    """`job.jobs` processes. A process that dies, or takes too long, is replaced; its photo has failed.

    Not a `ProcessPoolExecutor`: there the first process that dies breaks the pool and loses everybody's tasks.
    """

    def __init__(self, job: BatchJob, lock: HeldLock | None) -> None:
        self._job = job
        self._lock = lock
        self._failed_starts = 0
        self._looked = time.monotonic()
        self._workers = [self._start() for _ in range(job.jobs)]

    @property
    def jobs(self) -> int:
        """How many tasks can be in hand at a time."""
        return self._job.jobs

    @property
    def busy(self) -> list[Task]:
        """The tasks in hand."""
        return [worker.task for worker in self._workers if worker.task is not None]

    @property
    def idle(self) -> int:
        """How many tasks can be given out now."""
        return sum(worker.ready and worker.task is None for worker in self._workers)

    def give(self, task: Task) -> None:
        """Hands a task to an idle worker."""
        for worker in self._workers:
            if worker.ready and worker.task is None:
                worker.task, worker.started = task, time.monotonic()
                with contextlib.suppress(OSError):  # it has just died: `outcomes` finds out
                    worker.tasks.send(task)
                return
        raise RuntimeError("no idle worker")

    def outcomes(self, timeout: float) -> Iterator[Outcome]:
        """What has become of tasks, after waiting for `timeout` seconds at most.

        Raises the error of a worker that cannot load the network, BackendError where workers die while they start.
        """
        sources = {worker.tasks: worker for worker in self._workers}
        for source in wait(list(sources), timeout):
            worker = sources[source]  # type: ignore[index]
            try:
                message = worker.tasks.recv()
            except (EOFError, OSError):
                yield from self._replace(worker, self._cause_of_death(worker))
                continue
            if isinstance(message, ColorizerError):
                raise message
            if isinstance(message, Outcome):
                worker.task, worker.photos = None, worker.photos + 1
                if worker.photos >= LIFETIME_PHOTOS and time.monotonic() - worker.born > LIFETIME_SECONDS:
                    self._exchange(worker)
                yield message
            else:
                worker.ready, self._failed_starts = True, 0
        self._allow_for_pause(timeout)
        for worker in list(self._workers):
            if worker.task is not None and time.monotonic() - worker.started > self._job.time_limit:
                yield from self._replace(worker, f"took longer than {self._job.time_limit:g} seconds")

    def _allow_for_pause(self, timeout: float) -> None:
        """While this process was stopped (Ctrl-Z, a scheduler that suspends) its workers were, too: that time counts
        for none of them."""
        now = time.monotonic()
        pause = now - self._looked - timeout
        if pause > PAUSE_SECONDS:
            for worker in self._workers:
                worker.started += pause
        self._looked = now

    def kill(self) -> None:
        """Ends all of them now."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.tasks.close()
            worker.life.close()
        self._workers = []

    def _start(self) -> Worker:
        ours, theirs = CONTEXT.Pipe()
        their_life, life = CONTEXT.Pipe(duplex=False)
        job = self._job
        places = (job.backend, job.device, job.source, job.output)
        process = CONTEXT.Process(
            target=serve, args=(theirs, their_life, self._lock, job.recipe, places, job.jobs), daemon=True
        )
        process.start()
        theirs.close()
        their_life.close()
        return Worker(process, ours, life)

    def _exchange(self, worker: Worker) -> None:
        _end(worker)
        self._workers[self._workers.index(worker)] = self._start()

    def _replace(self, dead: Worker, cause: str) -> Iterator[Outcome]:
        if not dead.ready:
            self._failed_starts += 1
            if self._failed_starts >= START_TRIES:
                raise BackendError(f"worker processes cannot start: they {cause}; try a smaller --jobs")
        self._exchange(dead)
        if dead.task is not None:
            photo = shown(self._job.source, dead.task.photo)
            identity = dead.task.listed or identify(os.path.join(self._job.source, dead.task.photo))
            seconds = time.monotonic() - dead.started
            error = f"{photo}: the process that coloured it {cause}"
            uncertain = may_be_written(self._job.output, dead.task.result)
            yield Outcome(dead.task, seconds, identity, error=error, uncertain=uncertain)

    def _cause_of_death(self, dead: Worker) -> str:
        dead.process.join(5)
        code = dead.process.exitcode
        if code is not None and code < 0:
            return f"crashed ({signal.Signals(-code).name}): the file is damaged, or asks for too much memory"
        return f"ended with code {code}"


def _end(worker: Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.tasks.close()
    worker.life.close()
