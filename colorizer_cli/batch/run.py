"""A batch run from start to end: folders, journal, plan, workers, summary, report."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

from colorizer_cli.batch.census import Census
from colorizer_cli.batch.fingerprint import changed_options, fingerprint
from colorizer_cli.batch.folders import check_folders, check_source
from colorizer_cli.batch.interruption import interruptible
from colorizer_cli.batch.job import BatchJob, Task
from colorizer_cli.batch.journal import Journal
from colorizer_cli.batch.lock import HeldLock
from colorizer_cli.batch.loop import Loop
from colorizer_cli.batch.naming import Naming
from colorizer_cli.batch.places import output_of, source_name
from colorizer_cli.batch.plan import Findings, Made, Plan
from colorizer_cli.batch.ray_cluster import check_cluster
from colorizer_cli.batch.ray_workers import RayWorkers
from colorizer_cli.batch.report import check_report, write_report
from colorizer_cli.batch.summary import Observer, Summary
from colorizer_cli.batch.thread_workers import ThreadWorkers
from colorizer_cli.batch.worker_pool import WorkerPool
from colorizer_cli.batch.workers import Workers
from colorizer_cli.storage.address import is_in_memory
from colorizer_cli.version import __version__
from colorizer_cli.weights.registry import find_weights


def run(job: BatchJob, observer: Observer) -> Summary:
    """Does the job. Raises ColorizerError where it cannot begin, or cannot go on; failed photos are in the summary.

    Ctrl-C ends it after the photos in hand (`Summary.interrupted`); KeyboardInterrupt is only raised by a second one.
    """
    started = time.perf_counter()
    check_folders(job)
    if job.report is not None:
        check_report(job.report, job.overwrite)
    if job.cluster is not None:
        check_cluster()
    if is_in_memory(job.output):
        observer.notice(f"{job.output} is memory of this process; the results end with it")
    made, output = _made(job), output_of(job.output)
    with output.journal(job, observer) as (journal, lock):
        summary = Summary(swept=output.sweep(_own(job, journal), job.shard is None))
        naming = Naming(job.form, output.is_blind())
        if journal.damaged:
            observer.notice(
                f"{journal.damaged} damaged lines of {journal.path} are passed over; their photos are redone"
            )
        journal.start_run(**_facts(job, made))
        workers = _workers(job, journal, lock, observer)
        unswept: list[str] = []
        try:
            with Census(job, observer), interruptible() as interruption:
                loop = Loop(job, output, journal, naming, made, workers, observer, summary, unswept=unswept)
                (loop.watch if job.watch else loop.once)(interruption)
        finally:
            in_hand = [task.result for task in workers.busy]
            workers.kill()
            output.sweep([*in_hand, *unswept], job.shard is None)
        summary.interrupted = interruption.asked
        summary.failures = summary.findings.failed_before | summary.failures
        if job.report is not None:
            observer.notice(f"Writing {job.report}")
            write_report(job.report, job, journal, summary)
        summary.seconds = time.perf_counter() - started
    return summary


def preview(job: BatchJob) -> tuple[Iterator[Task], Findings]:
    """What `run` would do, as its tasks; nothing is written. The findings fill as the tasks are taken."""
    check_folders(job)
    output = output_of(job.output)
    journal = output.read_journal()
    check_source(job, journal)
    if job.fresh:
        journal.stale.update(journal.entries)
    plan = Plan(job, journal, Naming(job.form, output.is_blind(probing=False)), _made(job))
    return iter(plan), plan.findings


def _workers(job: BatchJob, journal: Journal, lock: HeldLock | None, observer: Observer) -> WorkerPool:
    if job.cluster is not None:
        return RayWorkers(job, job.cluster, journal.path, observer)
    if is_in_memory(job.source) or is_in_memory(job.output):
        return ThreadWorkers(job)
    return Workers(job, lock)


def _own(job: BatchJob, journal: Journal) -> list[str]:
    """Results that a run which was cut short has begun; not those of other parts, which may be in work."""
    return [result for photo, result in journal.begun.items() if job.shard is None or job.shard.holds(photo)]


def _made(job: BatchJob) -> Made:
    return Made(find_weights(job.recipe.weights).sha256, fingerprint(job.recipe))


def _facts(job: BatchJob, made: Made) -> dict[str, object]:
    return {
        "source": source_name(job),
        "fresh": job.fresh,
        "version": __version__,
        "weights": made.weights,
        "options": changed_options(job.recipe) | ({} if job.form is None else {"format": job.form}),
        "backend": job.backend,
        "device": job.device,
        "host": socket.gethostname(),
    } | ({} if job.shard is None else {"shard": str(job.shard)})
