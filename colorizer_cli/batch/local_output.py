"""A folder that gets the results."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager

from colorizer_cli.batch.folders import locked_journal
from colorizer_cli.batch.job import BatchJob, Identity
from colorizer_cli.batch.journal import NAME, Journal
from colorizer_cli.batch.journal_files import all_lines
from colorizer_cli.batch.leftovers import sweep
from colorizer_cli.batch.lock import HeldLock
from colorizer_cli.batch.naming import is_blind
from colorizer_cli.batch.places import Existing
from colorizer_cli.batch.summary import Observer


class LocalOutput:
    """Each question is put to the file system when it comes up."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def journal(self, job: BatchJob, observer: Observer) -> AbstractContextManager[tuple[Journal, HeldLock | None]]:
        return locked_journal(job)

    def read_journal(self) -> Journal:
        return Journal.read(os.path.join(self._folder, NAME), all_lines(self._folder))

    def existing(self, folder: str, names: Iterable[str]) -> Existing:
        home = os.path.join(self._folder, folder)

        def identity(name: str) -> Identity | None:
            try:
                return Identity.of(os.stat(os.path.join(home, name)))
            except OSError:
                return None

        return identity

    def is_blind(self, probing: bool = True) -> bool:
        folder = self._folder
        return is_blind(folder if os.path.isdir(folder) else os.path.dirname(folder) or ".", probing)

    def sweep(self, results: Iterable[str], alone: bool, busy: Iterable[str] = ()) -> int:
        return sweep(self._folder, results, alone, busy)
