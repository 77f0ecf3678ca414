"""The workers of a run on a Ray cluster, which is not asked for before there is work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from colorizer_cli.batch.coloring import colorizing
from colorizer_cli.batch.job import BatchJob, Outcome, Task
from colorizer_cli.batch.ray_actor import Colouring
from colorizer_cli.batch.ray_cluster import connected
from colorizer_cli.batch.resources import WorkerResources
from colorizer_cli.batch.summary import Observer

if TYPE_CHECKING:
    from colorizer_cli.batch.ray_pool import RayPool


class RayWorkers:
    """A `RayPool` that comes to be when outcomes are first waited for: a run with nothing to do starts no cluster."""

    def __init__(
        self,
        job: BatchJob,
        resources: WorkerResources,
        journal: str,
        observer: Observer,
        colouring: Colouring = colorizing,
    ) -> None:
        """journal    its file, which workers must see as well
        colouring  makes the function that does a task, from recipe, backend, device and the two folders
        """
        self._job, self._resources, self._journal, self._observer = job, resources, journal, observer
        self._colouring = colouring
        self._pool: RayPool | None = None

    @property
    def jobs(self) -> int:
        """How many tasks can be in hand at a time, when all workers have come up."""
        return max(1, self._job.jobs) if self._pool is None else self._pool.jobs

    @property
    def busy(self) -> list[Task]:
        """The tasks in hand."""
        return [] if self._pool is None else self._pool.busy

    @property
    def idle(self) -> int:
        """How many tasks can be given out now."""
        return 0 if self._pool is None else self._pool.idle

    def give(self, task: Task) -> None:
        """Hands a task to an idle worker."""
        if self._pool is None:
            raise RuntimeError("no idle worker")
        self._pool.give(task)

    def outcomes(self, timeout: float) -> Iterator[Outcome]:
        """What has become of tasks, after waiting for `timeout` seconds at most; for longer where Ray is to be started.

        Raises ClusterError where there is no cluster, or it cannot do the work; the error of a worker that cannot.
        """
        if self._pool is None:
            self._pool = self._start()
        yield from self._pool.outcomes(timeout)

    def kill(self) -> None:
        """Ends all of them now, and leaves the cluster."""
        if self._pool is not None:
            self._pool.kill()
            self._pool = None

    def _start(self) -> RayPool:
        with ExitStack() as held:
            held.enter_context(connected(self._job, self._resources))
            from colorizer_cli.batch.ray_pool import RayPool  # imports Ray, which reads its settings then

            pool = RayPool(self._job, self._resources, self._journal, self._observer, self._colouring)
            pool.connection = held.pop_all()
            return pool
