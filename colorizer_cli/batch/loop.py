"""The loop of a run: tasks from the plan to the workers, outcomes from the workers to the journal."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from colorizer_cli.batch.interruption import Interruption
from colorizer_cli.batch.job import BatchJob, Outcome, Task
from colorizer_cli.batch.journal import Journal, SharedPalette
from colorizer_cli.batch.leftovers import shares_temporary_name
from colorizer_cli.batch.naming import Naming
from colorizer_cli.batch.places import Output
from colorizer_cli.batch.plan import Findings, Made, Plan
from colorizer_cli.batch.series import Series
from colorizer_cli.batch.summary import Observer, Summary
from colorizer_cli.batch.watch import Settling
from colorizer_cli.batch.worker_pool import WorkerPool
from colorizer_cli.errors import ColorizerError, OutputError
from colorizer_cli.storage.address import is_url

AHEAD = 64  # photos that are announced to the journal at a time: one wait for the disk serves them all
TICK = 0.5  # seconds between looks at time limits and Ctrl-C


@dataclass
class Loop:
    """A run under way. `summary` fills; what is written of a photo is in the journal as soon as it is known.

    `unswept`: results whose temporary files, if there are any, can be removed when no worker writes any more.
    """

    job: BatchJob
    output: Output
    journal: Journal
    naming: Naming
    made: Made
    workers: WorkerPool
    observer: Observer
    summary: Summary
    series: Series = field(init=False)
    unswept: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        known: dict[str, Sequence[float] | None] = {
            folder: palette.frequencies
            for folder, palette in self.journal.palettes.items()
            if Made(palette.weights, palette.options) == self.made
        }
        self.series = Series(known)

    def once(self, interruption: Interruption) -> None:
        """Does what there is to do. Raises OutputError where the output folder cannot be written to any more."""
        findings, samples = self.summary.findings, self.series.samples
        plan = Plan(self.job, self.journal, self.naming, self.made, findings=findings, samples=samples)
        self._work(iter(plan), interruption)

    def watch(self, interruption: Interruption) -> None:
        """Does what there is to do, again and again, until the user has had enough."""
        unchanged, retried = None, set[str]()
        with Settling() as settling:
            while not interruption.asked:
                started = time.monotonic()
                self.summary.findings = findings = Findings()
                self.series.look_again()
                is_complete, samples = settling.is_complete, self.series.samples
                plan = Plan(self.job, self.journal, self.naming, self.made, is_complete, findings, samples, retried)
                self._work(iter(plan), interruption, first=unchanged is None)
                # what this run has coloured is met unchanged at the next look, and is not to be counted twice
                unchanged = findings.unchanged if unchanged is None else unchanged
                findings.unchanged = unchanged
                self.observer.total(findings.photos)
                interruption.wait(settling.pause(time.monotonic() - started))

    def _work(self, tasks: Iterator[Task], interruption: Interruption, first: bool = True) -> None:
        """Gives tasks out until there are none, or the user has had enough; returns when none is in hand."""
        waiting: deque[Task] = deque()
        try:
            self._work_off(tasks, waiting, interruption, first)
        finally:
            if waiting:
                with contextlib.suppress(ColorizerError):  # a full disk, which has been told of
                    self.journal.release([task.photo for task in waiting])

    def _work_off(self, tasks: Iterator[Task], waiting: deque[Task], interruption: Interruption, first: bool) -> None:
        more, told = True, False
        while True:
            if more and not interruption.asked and len(waiting) < self.workers.jobs:
                more = self._announce(tasks, waiting)
                if first:
                    self.observer.passed(self.summary.findings)
            while self.workers.idle and not interruption.asked and (task := self._next(waiting)) is not None:
                self.workers.give(task)
            if not self.workers.busy and (interruption.asked or not (more or waiting)):
                return
            if interruption.asked and not told:
                self.observer.notice("Finishing the photos in hand; Ctrl-C again stops at once")
                told = True
            for outcome in self.workers.outcomes(TICK):
                self._record(outcome)

    def _announce(self, tasks: Iterator[Task], waiting: deque[Task]) -> bool:
        """Takes more tasks from the plan, into the journal and into `waiting`. → False when there are none left."""
        block = list(islice(tasks, AHEAD))
        if block:
            self.journal.begin({task.photo: task.result for task in block})
            waiting.extend(block)
        return len(block) == AHEAD

    def _next(self, waiting: deque[Task]) -> Task | None:
        """What a worker can do now; None where there is nothing, or it has to wait for a palette."""
        if not waiting:
            return None
        return self.series.next(waiting) if self.job.recipe.consistent else waiting.popleft()

    def _record(self, outcome: Outcome) -> None:
        if outcome.stops_run:
            remedy = "put this right" if is_url(self.job.output) else "make room"
            raise OutputError(f"{outcome.error}.\nThe run has stopped; {remedy} and start it again to go on")
        if outcome.task.glance:
            found = self.series.note(outcome)
            if found is not None:
                folder, frequencies = found
                self.journal.share(folder, SharedPalette(frequencies, self.made.weights, self.made.options))
            return
        summary, photo = self.summary, outcome.task.photo
        summary.failures.pop(photo, None)  # of an earlier look at a watched folder
        if outcome.error is not None:
            self._sweep(outcome.task.result)
            summary.failures[photo] = outcome.error
        elif outcome.left_alone:
            summary.findings.left_alone += 1
        elif outcome.unchanged:
            summary.findings.unchanged += 1
        else:
            summary.done += 1
        self.journal.finish(outcome, self.made.weights, self.made.options)
        self.observer.outcome(outcome)

    def _sweep(self, result: str) -> None:
        """Removes what a killed worker has left of a result; later, where another's files could be taken for it."""
        busy = [task.result for task in self.workers.busy]
        if shares_temporary_name(result, busy):
            self.unswept.append(result)
        self.output.sweep([result], self.job.shard is None, busy)
