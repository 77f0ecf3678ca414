"""Where photos come from and where results go: a folder, or a URL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from colorizer_cli.batch.job import BatchJob, Identity
from colorizer_cli.batch.walk import Listing, Skipped, Walk
from colorizer_cli.storage.address import is_url

if TYPE_CHECKING:
    from colorizer_cli.batch.journal import Journal
    from colorizer_cli.batch.lock import HeldLock
    from colorizer_cli.batch.summary import Observer

Existing = Callable[[str], Identity | None]


class Output(Protocol):
    """The place that gets the results, as the run's own process sees it."""

    def journal(self, job: BatchJob, observer: Observer) -> AbstractContextManager[tuple[Journal, HeldLock | None]]:
        """The journal, for this run alone. Raises ColorizerError where it cannot be had."""

    def read_journal(self) -> Journal:
        """What the journal says, without touching it."""

    def existing(self, folder: str, names: Iterable[str]) -> Existing:
        """→ a function that tells what is there under one of these results' names, below `folder`, or None."""

    def is_blind(self, probing: bool = True) -> bool:
        """Whether names are taken for equal that differ in case or in Unicode form only. `probing`: a file may be made
        for a moment, to find out."""

    def sweep(self, results: Iterable[str], alone: bool, busy: Iterable[str] = ()) -> int:
        """Removes what killed processes have left of these results. → how many. `alone`: no other run is at work;
        `busy`: results that this one is writing."""


def output_of(place: str) -> Output:
    """Raises UsageError or StorageError where it is a URL that cannot be opened."""
    if is_url(place):
        from colorizer_cli.batch.remote_output import RemoteOutput

        return RemoteOutput(place)
    from colorizer_cli.batch.local_output import LocalOutput

    return LocalOutput(place)


def walk_of(job: BatchJob, skipped: Skipped | None = None, blind: bool = False) -> Iterable[Listing]:
    """The job's photos, but for what lies in its output. `blind`: see `Output.is_blind`."""
    skipped = Skipped() if skipped is None else skipped
    if not is_url(job.source):
        excluded = None if is_url(job.output) else _folder_identity(job.output)
        return Walk(job.source, job.recursive, job.patterns, excluded, skipped, patient=job.watch)
    from colorizer_cli.batch.remote_walk import RemoteWalk
    from colorizer_cli.storage.opening import open_store

    store = open_store(job.source)
    inside = open_store(job.output).below(store) if is_url(job.output) else None
    return RemoteWalk(store, job.recursive, job.patterns, inside, skipped, blind or job.recipe.consistent)


def source_name(job: BatchJob) -> str:
    """The source as the journal names it."""
    if not is_url(job.source):
        return os.path.abspath(job.source)
    from colorizer_cli.storage.opening import open_store

    return open_store(job.source).shown()


def _folder_identity(folder: str) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino
