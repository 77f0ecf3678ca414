"""An output in a store, as the run's own process sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from colorizer_cli.batch.folders import check_source
from colorizer_cli.batch.job import BatchJob, Identity
from colorizer_cli.batch.journal import NAME, Journal
from colorizer_cli.batch.places import Existing
from colorizer_cli.batch.remote_journal import StoreLog, join, lines
from colorizer_cli.batch.remote_lock import StoreLock
from colorizer_cli.batch.summary import Observer
from colorizer_cli.errors import ColorizerError, StorageError
from colorizer_cli.storage.address import is_unicode
from colorizer_cli.storage.items import Stored
from colorizer_cli.storage.opening import open_store


class RemoteOutput:
    """What is there is told by listings, not by one request for each result."""

    def __init__(self, url: str) -> None:
        self._store = open_store(url)
        self._listed: tuple[str, dict[str, Stored]] | None = None

    @contextlib.contextmanager
    def journal(self, job: BatchJob, observer: Observer) -> Iterator[tuple[Journal, None]]:
        store = self._store
        with StoreLock(store, job.shard, observer.notice) as lock:
            part = "" if job.shard is None else f"{job.shard.number}-of-{job.shard.count}-"
            journal = Journal.over(store.shown(NAME), StoreLog(store, part + lock.run, lock), lines(store))
            check_source(job, journal)
            try:
                yield journal, None
            except BaseException:
                with contextlib.suppress(ColorizerError):  # what was done is kept as far as possible
                    journal.close()
                raise
            journal.close()
            if job.shard is None:
                join(store)

    def read_journal(self) -> Journal:
        return Journal.read(self._store.shown(NAME), lines(self._store))

    def existing(self, folder: str, names: Iterable[str]) -> Existing:
        # a store has no names that are not UTF-8: the worker says so of each photo
        wanted = {name for name in names if is_unicode(name)} if is_unicode(folder) else set()
        found = self._names(folder, wanted) if wanted else {}

        def identity(name: str) -> Identity | None:
            return Identity.of_stored(found[name]) if name in found else None

        return identity

    def _names(self, folder: str, wanted: set[str]) -> dict[str, Stored]:
        if self._store.lists_pages:
            items = self._store.items(folder, min(wanted), max(wanted))
            return {item.name: item.stored for item in items if item.stored is not None and item.name in wanted}
        if self._listed is None or self._listed[0] != folder:
            everything = self._store.items(folder)
            self._listed = folder, {item.name: item.stored for item in everything if item.stored is not None}
        return self._listed[1]

    def is_blind(self, probing: bool = True) -> bool:
        return False

    def sweep(self, results: Iterable[str], alone: bool, busy: Iterable[str] = ()) -> int:
        try:
            return self._store.abort_uploads(results)
        except StorageError:  # it needs a right of its own, and may be left to the store's life cycle rules
            return 0
