"""Counts all photos beside the work, so that the time left can be told before planning has come to the end."""

from __future__ import annotations

import os
import threading
from types import TracebackType

from colorizer_cli.batch.job import BatchJob
from colorizer_cli.batch.summary import Observer
from colorizer_cli.batch.walk import Walk


class Census:
    """A thread that walks the folders, tells the observer how many photos there are, and ends with the block."""

    def __init__(self, job: BatchJob, observer: Observer) -> None:
        self._job = job
        self._observer = observer
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._count, name="census", daemon=True)

    def __enter__(self) -> Census:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _count(self) -> None:
        job, photos = self._job, 0
        output = os.stat(job.output)
        for listing in Walk(job.source, job.recursive, job.patterns, (output.st_dev, output.st_ino)):
            if job.shard is None:
                photos += len(listing.photos)
            else:
                photos += sum(job.shard.holds(os.path.join(listing.folder, name)) for name in listing.photos)
            if self._over.is_set():
                return
        self._observer.total(photos)
