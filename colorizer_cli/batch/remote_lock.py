"""One run at a time on an output in a store: an object that says who is at work, and is renewed while they are."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from colorizer_cli.batch.shard import Shard
from colorizer_cli.errors import OutputError, StorageError
from colorizer_cli.storage.store import Store

FOLDER = "colorize-journal.d"
LOCK = re.compile(r"lock(?:\.(\d+)-of-(\d+))?\.json")
BEAT_SECONDS = 20.0  # between renewals
STALE_SECONDS = 60.0  # without one, and then none while we look on: its owner is no more
SETTLE_SECONDS = 2.0  # what two runs that take over at once may be apart


class StoreLock:
    """Held within the block. A part's run locks its part; and no part goes with the whole, or with other divisions.

    Whoever wants it writes its own lock first and looks for others' afterwards: of two, one sees the other.
    """

    def __init__(self, store: Store, shard: Shard | None, notice: Callable[[str], None]) -> None:
        self._store, self._shard, self._notice = store, shard, notice
        self.run = secrets.token_hex(4)
        self._name = "lock.json" if shard is None else f"lock.{shard.number}-of-{shard.count}.json"
        self._over = threading.Event()
        self._lost = False
        self._beating = threading.Thread(target=self._beat, name="lock", daemon=True)

    def __enter__(self) -> StoreLock:
        self._take()
        try:
            for other in self._others():
                if self._is_alive(other):
                    raise OutputError(self._in_use(other))
                self._notice(f"The lock of a run that is no more is removed: {self._store.shown(_path(other))}")
                self._store.remove(_path(other))
        except BaseException:
            self._store.remove(_path(self._name))
            raise
        self._beating.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._beating.join()
        with contextlib.suppress(StorageError):  # then it is found stale
            if self._holder(self._name).get("run") == self.run:
                self._store.remove(_path(self._name))

    def check(self) -> None:
        """Raises OutputError where another run has taken this one for dead."""
        if self._lost:
            raise OutputError(
                f"{self._store.shown(_path(self._name))} was taken over by another run; this one has ended"
            )

    def _take(self) -> None:
        # looked for first: there are stores that create what is there already
        taken = bool(self._holder(self._name))
        if not taken:
            try:
                self._write(create=True)
            except FileExistsError:
                if self._holder(self._name).get("run") == self.run:
                    return  # ours: the answer to an earlier try was lost
                taken = True
            else:
                if self._store.creates_alone:
                    return
        if taken:
            if self._is_alive(self._name):
                raise OutputError(self._in_use(self._name))
            self._notice(f"Taking over from a run that is no more: {self._store.shown(_path(self._name))}")
            self._write(create=False)
        time.sleep(SETTLE_SECONDS)
        if self._holder(self._name).get("run") != self.run:
            raise OutputError(self._in_use(self._name))

    def _write(self, create: bool) -> None:
        who = {"run": self.run, "host": socket.gethostname(), "pid": os.getpid(), "machine": _machine()}
        self._store.write(_path(self._name), json.dumps(who | {"beat": time.time()}).encode(), create)

    def _holder(self, name: str) -> dict[str, Any]:
        """What a lock says; nothing where it is gone or damaged."""
        with contextlib.suppress(ValueError):
            holder = json.loads(self._store.read(_path(name)) or b"{}")
            return holder if isinstance(holder, dict) else {}
        return {}

    def _others(self) -> list[str]:
        """Locks that this one does not go with."""
        found = ((item.name, LOCK.fullmatch(item.name)) for item in self._store.items(FOLDER))
        ours = "" if self._shard is None else str(self._shard.count)
        return [name for name, m in found if m is not None and name != self._name and (not ours or m[2] != ours)]

    def _is_alive(self, name: str) -> bool:
        holder = self._holder(name)
        if not holder:
            return False
        if holder["machine"] and holder["machine"] == _machine():
            return int(holder["pid"]) != os.getpid() and _is_running(int(holder["pid"]))
        if 0 <= time.time() - float(holder["beat"]) < STALE_SECONDS:  # less than 0: the clocks differ
            return True
        self._notice(f"Looking whether the run on {holder['host']} is still at work …")
        deadline = time.monotonic() + 1.5 * BEAT_SECONDS  # its clock may differ from ours: we wait for a sign of life
        while time.monotonic() < deadline:
            time.sleep(1)
            if self._holder(name) != holder:
                return bool(self._holder(name))
        return False

    def _in_use(self, name: str) -> str:
        holder = self._holder(name)
        who = f"process {holder.get('pid', '?')} on {holder.get('host', '?')}"
        return (
            f"{self._store.shown(_path(name))} is in use: another run ({who}) is writing here. Wait for it, or give "
            "another place"
        )

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            with contextlib.suppress(StorageError):  # the next one may get through
                if self._holder(self._name).get("run") != self.run:
                    self._lost = True
                    return
                self._write(create=False)


def _path(name: str) -> str:
    return f"{FOLDER}/{name}"


def _machine() -> str:
    """Where process numbers mean the same: this boot of this kernel, this container. "" where that cannot be told."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return f"{file.read().strip()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
