"""A batch run from start to end: lock, journal, plan, workers, summary."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from colorizer_cli.batch.census import Census
from colorizer_cli.batch.fingerprint import changed_options, fingerprint
from colorizer_cli.batch.interruption import Interruption, interruptible
from colorizer_cli.batch.job import BatchJob, Outcome, Task
from colorizer_cli.batch.journal import NAME, Journal
from colorizer_cli.batch.leftovers import sweep
from colorizer_cli.batch.lock import HeldLock, open_locked
from colorizer_cli.batch.naming import Naming, is_blind
from colorizer_cli.batch.plan import Findings, Plan
from colorizer_cli.batch.report import check_report, write_report
from colorizer_cli.batch.summary import Observer, Summary
from colorizer_cli.batch.workers import Workers
from colorizer_cli.errors import OutputError, PhotoError, UsageError
from colorizer_cli.version import __version__
from colorizer_cli.weights.registry import find_weights

AHEAD = 64  # photos that are announced to the journal at a time: one wait for the disk serves them all
TICK = 0.5  # seconds between looks at time limits and Ctrl-C


@dataclass
class _Run:
    """The parts of a run under way."""

    job: BatchJob
    journal: Journal
    workers: Workers
    observer: Observer
    summary: Summary
    weights: str
    options: str

    def work(self, tasks: Iterator[Task], interruption: Interruption) -> None:
        """Gives tasks out until there are none, or the user has had enough; returns when none is in hand."""
        waiting: deque[Task] = deque()
        more = True
        while True:
            if more and not interruption.asked and len(waiting) < self.job.jobs:
                more = self._announce(tasks, waiting)
            while waiting and self.workers.idle and not interruption.asked:
                self.workers.give(waiting.popleft())
            if not self.workers.busy and (interruption.asked or not (more or waiting)):
                return
            for outcome in self.workers.outcomes(TICK):
                self._record(outcome)

    def _announce(self, tasks: Iterator[Task], waiting: deque[Task]) -> bool:
        """Takes more tasks from the plan, into the journal and into `waiting`. → False when there are none left."""
        block = list(islice(tasks, AHEAD))
        if block:
            self.journal.begin({task.photo: task.result for task in block})
            waiting.extend(block)
        self.observer.passed(self.summary.findings)
        return len(block) == AHEAD

    def _record(self, outcome: Outcome) -> None:
        if outcome.stops_run:
            raise OutputError(f"{outcome.error}.\nThe run has stopped; make room and start it again to go on")
        if outcome.error is not None:
            sweep(self.job.output, [outcome.task.result])
            self.summary.failures[outcome.task.photo] = outcome.error
        elif outcome.unchanged:
            self.summary.findings.unchanged += 1
        else:
            self.summary.done += 1
        self.journal.finish(outcome, self.weights, self.options)
        self.observer.outcome(outcome)


def run(job: BatchJob, observer: Observer) -> Summary:
    """Does the job. Raises ColorizerError where it cannot begin, or cannot go on; failed photos are in the summary.

    Ctrl-C ends it after the photos in hand (`Summary.interrupted`); KeyboardInterrupt is only raised by a second one.
    """
    started = time.perf_counter()
    check_folders(job)
    if job.report is not None:
        check_report(job.report, job.overwrite)
    weights = find_weights(job.recipe.weights).sha256
    with _journal(job) as (journal, lock):
        summary = Summary(swept=sweep(job.output, journal.begun.values()))
        naming = Naming(job.form, is_blind(job.output))
        plan = Plan(job, journal, naming, weights, fingerprint(job.recipe), summary.findings)
        journal.start_run(**_facts(job, weights))
        workers = Workers(job, lock)
        try:
            with Census(job, observer), interruptible(lambda: observer.notice(FINISHING)) as interruption:
                underway = _Run(job, journal, workers, observer, summary, weights, plan.options)
                underway.work(iter(plan), interruption)
        finally:
            in_hand = [task.result for task in workers.busy]
            workers.kill()
            sweep(job.output, in_hand)
        summary.interrupted = interruption.asked
        summary.failures = summary.findings.failed_before | summary.failures
        if job.report is not None:
            observer.notice(f"Writing {job.report}")
            write_report(job.report, job, journal, summary)
        summary.seconds = time.perf_counter() - started
    return summary


FINISHING = "Finishing the photos in hand; Ctrl-C again stops at once"


def preview(job: BatchJob) -> tuple[Iterator[Task], Findings]:
    """What `run` would do, as its tasks; nothing is written. The findings fill as the tasks are taken."""
    check_folders(job)
    weights = find_weights(job.recipe.weights).sha256
    journal = Journal.read(os.path.join(job.output, NAME))
    check_source(job, journal)
    if job.fresh:
        journal.stale.update(journal.entries)
    naming = Naming(job.form, is_blind(job.output if os.path.isdir(job.output) else os.path.dirname(job.output) or "."))
    plan = Plan(job, journal, naming, weights, fingerprint(job.recipe))
    return iter(plan), plan.findings


def check_folders(job: BatchJob) -> None:
    """Raises UsageError or PhotoError where the two folders cannot serve."""
    if not os.path.exists(job.source):
        raise PhotoError(f"{job.source}: no such folder")
    if not os.path.isdir(job.source):
        raise UsageError(f"{job.source} is a file; `colorize batch` takes a folder, `colorize` a photo")
    if os.path.exists(job.output) and not os.path.isdir(job.output):
        raise UsageError(f"-o {job.output} is a file; expected a folder")
    if os.path.isdir(job.output) and os.path.samefile(job.source, job.output):
        raise UsageError(f"-o {job.output} is the folder of the photos, which stays as it is; choose another one")


def check_source(job: BatchJob, journal: Journal) -> None:
    """Raises UsageError where the journal belongs to another folder: its photos could have the same names."""
    source = os.path.abspath(job.source)
    if journal.source not in (None, source) and not job.moved:
        raise UsageError(
            f"{job.output} holds the results of {journal.source}, not of {source}; give another output folder, "
            "or add --resume if the photos have only been moved"
        )


@contextlib.contextmanager
def _journal(job: BatchJob) -> Iterator[tuple[Journal, HeldLock]]:
    try:
        os.makedirs(job.output, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{job.output} cannot be created: {error.strerror}") from error
    path = os.path.join(job.output, NAME)
    file = open_locked(path)
    try:
        journal = Journal.open(path, file)
        check_source(job, journal)
        yield journal, HeldLock(file.fileno())
        journal.close()
    finally:
        with contextlib.suppress(OSError):  # on a full disk, and told already
            file.close()


def _facts(job: BatchJob, weights: str) -> dict[str, object]:
    return {
        "source": os.path.abspath(job.source),
        "fresh": job.fresh,
        "version": __version__,
        "weights": weights,
        "options": changed_options(job.recipe) | ({} if job.form is None else {"format": job.form}),
        "backend": job.backend,
        "device": job.device,
        "host": socket.gethostname(),
    }
