"""The journal of an output in a store, where nothing can be appended to an object.

A run puts its lines into `colorize-journal.d/<sequence>-<run>.<number>.jsonl`: the last of these objects is written
anew, as a whole, with the lines that have come since, and when it is large enough a next one is begun. Whoever reads
takes `colorize-journal.jsonl`, and then these in the order of their names. A run of the whole joins them into that one
when it ends: it is written first and the parts are removed afterwards, the oldest first. Between the two a part's lines
are there twice; that is harmless, as the last line on a photo holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from colorizer_cli.batch.journal import NAME
from colorizer_cli.batch.remote_lock import FOLDER, StoreLock
from colorizer_cli.storage.staging import Staging
from colorizer_cli.storage.store import Store

PART = re.compile(r"(\d{6,})-([0-9a-z-]+)\.(\d{6,})\.jsonl")
PART_BYTES = 2**22
MOST_PARTS = 16  # and at most a quarter of the journal: more are joined


class StoreLog:
    """A run's lines (see `Log`). A kill costs those since the last `sync`; nothing is ever half there."""

    sync_seconds = 5.0

    def __init__(self, store: Store, run: str, lock: StoreLock) -> None:
        before = [int(found[1]) for name in parts(store) if (found := PART.fullmatch(name))]
        self._store, self._lock = store, lock
        self._run = f"{max(before, default=0) + 1:06}-{run}"
        self._number = 1
        self._lines = bytearray()
        self._is_safe = True

    def write(self, line: bytes) -> None:
        self._lines += line
        self._is_safe = False

    def sync(self) -> None:
        self._lock.check()
        if self._is_safe:
            return
        self._store.write(f"{FOLDER}/{self._run}.{self._number:06}.jsonl", bytes(self._lines))
        self._is_safe = True
        if len(self._lines) >= PART_BYTES:
            self._number += 1
            self._lines.clear()

    def close(self) -> None:
        self.sync()


def parts(store: Store) -> list[str]:
    """The names of the parts' objects, in the order of their lines."""
    return [item.name for item in store.items(FOLDER) if PART.fullmatch(item.name)]


def lines(store: Store) -> Iterator[bytes]:
    """All lines. Of runs of parts at the same time each has its own photos: their order does not matter."""
    staging = Staging()
    try:
        if _fetched(store, staging.file(NAME)):
            with open(staging.file(NAME), "rb") as journal:
                yield from journal
        for name in parts(store):
            yield from (store.read(f"{FOLDER}/{name}") or b"").splitlines(keepends=True)
    finally:
        staging.close()


def join(store: Store) -> None:
    """Makes one object of the journal, where it is worth it. No other run may be at work."""
    found = {item.name: item.stored.size for item in store.items(FOLDER) if item.stored and PART.fullmatch(item.name)}
    joined = store.info(NAME)
    if not found or (joined is not None and len(found) < MOST_PARTS and sum(found.values()) < joined.size / 4):
        return
    staging = Staging()
    try:
        file = staging.file(NAME)
        _fetched(store, file)
        with open(file, "ab") as journal:
            for name in found:
                journal.write(store.read(f"{FOLDER}/{name}") or b"")
        store.upload(file, NAME)
        for name in found:
            store.remove(f"{FOLDER}/{name}")
    finally:
        staging.close()


def _fetched(store: Store, file: str) -> bool:
    try:
        store.fetch(NAME, file)
    except FileNotFoundError:
        if os.path.exists(file):
            os.unlink(file)
        return False
    return True
