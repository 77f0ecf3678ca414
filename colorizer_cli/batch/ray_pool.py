"""Workers on a Ray cluster: actors that hold one network each, and get paths one at a time."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import ray
from ray.exceptions import RayError

from colorizer_cli.batch.coloring import identify, may_be_written
from colorizer_cli.batch.job import BatchJob, Outcome, Recipe, Task
from colorizer_cli.batch.places import output_of
from colorizer_cli.batch.ray_actor import Colourer, Colouring, Premises
from colorizer_cli.batch.ray_deaths import cause_of_death
from colorizer_cli.batch.resources import WorkerResources
from colorizer_cli.batch.summary import Observer
from colorizer_cli.batch.workers import LIFETIME_PHOTOS, LIFETIME_SECONDS
from colorizer_cli.errors import ClusterError, ColorizerError
from colorizer_cli.storage.address import is_url, shown

DEATHS = 3  # of workers over one photo, before it is given up
START_TRIES = 3
AWAKE_SECONDS = 1.0  # after its last answer, a worker is asked whether it is still there
GRACE_SECONDS = 3.0  # a worker whose node is lost notices, and ends, within seconds
SLICE_SECONDS = 0.1  # within a wait no signal is heard, and two Ctrl-C would be taken for one
LOOK_SECONDS = 2.0  # between looks at what the cluster has room for
WAIT_SECONDS = 20.0  # without a worker, before the user is told


@dataclass(eq=False)
class Actor:
    """A worker: its handle, and the answer that is waited for, to `begin` at first and then to the task in hand.

    node     its name, once the worker has come up
    begun    the task has been sent to it
    heard    when the last answer came
    """

    handle: Any
    answer: Any
    node: str | None = None
    task: Task | None = None
    started: float = 0.0
    begun: bool = False
    heard: float = 0.0
    born: float = field(default_factory=time.monotonic)
    photos: int = 0


class RayPool:
    """`job.jobs` actors, or as many as the cluster has room for. Those that are lost are replaced as there is room,
    and their photos are done again; a photo that has cost three of them has failed.

    A task is in hand from `give` until its outcome is told, also while it waits for its next worker: an actor has one
    task at most, and nothing queues up on the cluster.
    """

    def __init__(
        self,
        job: BatchJob,
        resources: WorkerResources,
        journal: str,
        observer: Observer,
        colouring: Colouring,
    ) -> None:
        """Ray is connected; by `connection`, if it is set, until `kill`. See `RayWorkers` for the others. Raises
        ClusterError where no node has room for a worker."""
        self.connection = ExitStack()
        self._job, self._resources, self._observer, self._colouring = job, resources, observer, colouring
        self._recipe, self._journal = replace(job.recipe, weights=_absolute_weights(job.recipe)), journal
        self._output = output_of(job.output)
        self._places = (job.backend, job.device, _absolute(job.source), _absolute(job.output))
        self._actors: list[Actor] = []
        self._again: deque[tuple[float, Task]] = deque()  # when to be done again; their workers were lost
        self._lost: set[str] = set()  # results of theirs
        self._deaths: Counter[str] = Counter()
        self._failed_starts = 0
        self._looked = -math.inf
        self._without_worker_since: float | None = time.monotonic()
        if not job.jobs and not self._room():
            raise ClusterError(f"no node of the cluster has the {resources} that a worker is to have")
        self._target = job.jobs
        self._fill()

    @property
    def jobs(self) -> int:
        """How many tasks can be in hand at a time, when all workers have come up."""
        return self._target

    @property
    def busy(self) -> list[Task]:
        """The tasks in hand."""
        return [*(actor.task for actor in self._actors if actor.task is not None), *(task for _, task in self._again)]

    @property
    def idle(self) -> int:
        """How many tasks can be given out now."""
        return max(0, len(self._free()) - self._due)

    def give(self, task: Task) -> None:
        """Hands a task to an idle worker."""
        actor = self._free()[0]
        actor.task, actor.started, actor.begun = task, time.monotonic(), False
        if actor.started - actor.heard < AWAKE_SECONDS:
            self._begin(actor)
        else:  # it may have died meanwhile, which would be no fault of the photo's
            actor.answer = actor.handle.is_awake.remote()

    def outcomes(self, timeout: float) -> Iterator[Outcome]:
        """What has become of tasks, after waiting for `timeout` seconds at most.

        Raises the error of a worker that cannot do the work, ClusterError where workers die while they start.
        """
        self._fill()
        while self._due and self._free():
            self.give(self._again.popleft()[1])
        lost: list[str] = []
        for actor in self._answered(timeout):
            yield from self._take(actor, lost)
        for actor in list(self._actors):
            if actor.task is not None and time.monotonic() - actor.started > self._job.time_limit:
                self._end(actor)
                yield self._failure(actor.task, actor, f"took longer than {self._job.time_limit:g} seconds")
        if lost:
            self._observer.notice(f"workers lost: {len(lost)} ({lost[0]}); their photos are done again")
        self._tell_of_waiting()

    def kill(self) -> None:
        """Ends all of them now, and leaves the cluster."""
        with self.connection:
            answers = [actor.answer for actor in self._actors if actor.answer is not None]
            for actor in list(self._actors):
                self._end(actor)
            if answers:
                with contextlib.suppress(RayError):  # their answers come when they are gone, and write no more
                    ray.wait(answers, num_returns=len(answers), timeout=5)
            self._output.sweep(self._lost, self._job.shard is None)

    @property
    def _due(self) -> int:
        now = time.monotonic()
        return sum(when <= now for when, _ in self._again)

    def _free(self) -> list[Actor]:
        return [actor for actor in self._actors if actor.node is not None and actor.task is None]

    def _answered(self, timeout: float) -> list[Actor]:
        answers = {actor.answer: actor for actor in self._actors if actor.answer is not None}
        if not answers:
            time.sleep(timeout)
            return []
        deadline = time.monotonic() + timeout
        while True:
            left = max(0.0, deadline - time.monotonic())
            ready, _ = ray.wait(list(answers), timeout=min(left, SLICE_SECONDS))
            if ready or left == 0:
                break
        if ready:
            ready, _ = ray.wait(list(answers), num_returns=len(answers), timeout=0)
        return [answers[answer] for answer in ready]

    def _take(self, actor: Actor, lost: list[str]) -> Iterator[Outcome]:
        try:
            message = ray.get(actor.answer)
        except RayError as error:
            yield from self._lose(actor, error, lost)
            return
        actor.answer, actor.heard = None, time.monotonic()
        if isinstance(message, ColorizerError):
            raise message
        if isinstance(message, str):
            actor.node, self._failed_starts = message, 0
        elif isinstance(message, Outcome):
            yield self._finish(actor, message)
        else:
            self._begin(actor)

    def _begin(self, actor: Actor) -> None:
        actor.begun, actor.answer = True, actor.handle.colour.remote(actor.task)

    def _finish(self, actor: Actor, outcome: Outcome) -> Outcome:
        actor.task, actor.photos = None, actor.photos + 1
        self._deaths.pop(outcome.task.photo, None)
        if actor.photos >= LIFETIME_PHOTOS and time.monotonic() - actor.born > LIFETIME_SECONDS:
            self._end(actor)  # memory falls into pieces with time
        return outcome

    def _lose(self, actor: Actor, error: RayError, lost: list[str]) -> Iterator[Outcome]:
        self._end(actor)
        cause = cause_of_death(error)
        if actor.node is None or actor.task is None:
            # beside one that works, it is a node that was lost; another worker is started where there is room
            self._failed_starts += not any(other.node is not None for other in self._actors)
            if self._failed_starts >= START_TRIES:
                raise ClusterError(
                    f"workers cannot start on the cluster: {cause}.\n"
                    "All nodes need this version of colorizer-cli, and memory for their workers"
                )
            return
        self._lost.add(actor.task.result)
        self._output.sweep([actor.task.result], self._job.shard is None, [task.result for task in self.busy])
        self._deaths[actor.task.photo] += actor.begun
        if self._deaths[actor.task.photo] >= DEATHS:
            del self._deaths[actor.task.photo]
            yield self._failure(actor.task, actor, f"was lost, as were two before it over this photo: {cause}")
            return
        lost.append(f"node {actor.node}: {cause}")
        # the lost worker may have come to the end of it: the result that is there then is this run's
        again = replace(actor.task, overwrite=True)
        self._again.append((time.monotonic() + GRACE_SECONDS, again))

    def _failure(self, task: Task, actor: Actor, cause: str) -> Outcome:
        photo = shown(self._job.source, task.photo)
        identity = task.listed or identify(os.path.join(self._job.source, task.photo))
        seconds = time.monotonic() - actor.started
        error = f"{photo}: the worker that coloured it on node {actor.node} {cause}"
        uncertain = may_be_written(self._job.output, task.result)
        return Outcome(task, seconds, identity, error=error, uncertain=uncertain)

    def _fill(self) -> None:
        """Starts what actors are missing; those that the cluster has no room for yet come up when it has."""
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked, self._workers_per_node = time.monotonic(), max(self._room(), default=1)
            if not self._job.jobs:
                self._target = max(1, sum(self._room()))
        if len(self._actors) < self._target:
            premises = Premises.here(self._recipe, *self._places[2:], self._journal)
            self._actors += [self._start(premises) for _ in range(self._target - len(self._actors))]

    def _start(self, premises: Premises) -> Actor:
        handle = (
            ray.remote(Colourer)
            .options(
                num_cpus=self._resources.cpus,
                num_gpus=self._resources.gpus,
                max_restarts=0,
                max_task_retries=0,
                scheduling_strategy="SPREAD",
            )
            .remote()
        )
        workers = min(self._workers_per_node, self._target)
        return Actor(handle, handle.begin.remote(premises, self._recipe, self._places, workers, self._colouring))

    def _end(self, actor: Actor) -> None:
        with contextlib.suppress(RayError, ValueError):
            ray.kill(actor.handle)
        self._actors.remove(actor)

    def _room(self) -> list[int]:
        """How many workers each living node could hold, if it held nothing else; nodes that can hold none left out."""
        sizes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        room = [self._resources.fit_into(size.get("CPU", 0), size.get("GPU", 0)) for size in sizes]
        return [workers for workers in room if workers]

    def _tell_of_waiting(self) -> None:
        now = time.monotonic()
        if any(actor.node is not None for actor in self._actors):
            self._without_worker_since = now
        elif self._without_worker_since is not None and now - self._without_worker_since > WAIT_SECONDS:
            self._without_worker_since = None
            self._observer.notice(f"Waiting for a node of the cluster with {self._resources} to spare")


def _absolute(folder: str) -> str:
    return folder if is_url(folder) else os.path.abspath(folder)


def _absolute_weights(recipe: Recipe) -> str | None:
    weights = recipe.weights
    return os.path.abspath(weights) if weights is not None and os.path.isdir(weights) else weights
