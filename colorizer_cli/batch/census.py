"""Counts all photos beside the work, so that the time left can be told before planning has come to the end."""

from __future__ import annotations

import contextlib
import os
import threading
from types import TracebackType

from colorizer_cli.batch.job import BatchJob
from colorizer_cli.batch.places import walk_of
from colorizer_cli.batch.summary import Observer
from colorizer_cli.errors import ColorizerError


class Census:
    """A thread that walks the folders, tells the observer how many photos there are, and ends with the block."""

    def __init__(self, job: BatchJob, observer: Observer) -> None:
        self._job = job
        self._observer = observer
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, name="census", daemon=True)

    def __enter__(self) -> Census:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _tell(self) -> None:
        with contextlib.suppress(ColorizerError):  # planning meets it, too, and says so
            self._count()

    def _count(self) -> None:
        job, photos = self._job, 0
        for listing in walk_of(job):
            if job.shard is None:
                photos += len(listing.photos)
            else:
                photos += sum(job.shard.holds(os.path.join(listing.folder, name)) for name in listing.photos)
            if self._over.is_set():
                return
        self._observer.total(photos)
