"""Whether URLs can serve as the two places of a run."""

from __future__ import annotations

from colorizer_cli.batch.job import BatchJob
from colorizer_cli.errors import PhotoError, UsageError
from colorizer_cli.storage.address import is_in_memory, is_url, masked
from colorizer_cli.storage.opening import open_store
from colorizer_cli.storage.store import Store


def check_urls(job: BatchJob) -> None:
    """Raises UsageError, PhotoError or StorageError where a URL among the job's two places cannot serve."""
    _check_options(job)
    source = open_store(job.source) if is_url(job.source) else None
    output = open_store(job.output) if is_url(job.output) else None
    if source is not None:
        _check_source(source)
    if output is not None and output.info("") is not None:
        raise UsageError(f"-o {output.shown()} is an object; expected a prefix to put the results below")
    if source is None or output is None:
        return
    if source.same_place(output):
        raise UsageError(f"-o {output.shown()} is the place of the photos, which stays as it is; choose another one")
    if source.below(output) is not None:
        raise UsageError(f"-o {output.shown()} contains the photos: results could meet them; choose another place")


def _check_options(job: BatchJob) -> None:
    if job.cluster is not None and (is_in_memory(job.source) or is_in_memory(job.output)):
        raise UsageError("--cluster ray colours in other processes, which do not see this one's memory://")
    if job.report is not None:
        raise UsageError("--report links to files: it needs a folder for the photos and a folder for the results")
    if job.watch and is_url(job.source):
        raise UsageError(
            f"--watch needs a folder, not {masked(job.source)}; give the same command again from time to time instead: "
            "it does what is new"
        )


def _check_source(source: Store) -> None:
    if next(source.items(""), None) is not None:
        return
    if source.info("") is not None:
        raise UsageError(f"{source.shown()} is an object; `colorize batch` takes the prefix above it")
    remedy = "a program fills it first, in this process" if is_in_memory(source.url) else "check its spelling"
    raise PhotoError(f"{source.shown()}: there is nothing below it; {remedy}")
