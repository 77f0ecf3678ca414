"""The inside of a worker process: one network, one photo at a time."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from colorizer_cli.batch.job import Recipe
from colorizer_cli.batch.lock import HeldLock
from colorizer_cli.errors import ColorizerError

SPARE_BYTES = 2**30  # address space that a photo may take at the least
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # mallopt(3)
SHARE = 0.8  # of the memory, for all workers together


def serve(
    tasks: Connection,
    life: Connection,
    lock: HeldLock | None,
    recipe: Recipe,
    places: tuple[str, str, str, str],
    jobs: int,
) -> None:
    """Sends None, or the error that keeps it from working, then an outcome for every task that it gets.

    places   backend, device, folder of photos, folder of results
    life     readable when the parent process is gone: then this one ends at once, whatever it is doing
    """
    become_quiet()
    threading.Thread(target=_die_with_parent, args=(life,), daemon=True).start()
    give_back = memory_returner()
    from colorizer_cli.batch.coloring import colorizing

    try:
        colour = colorizing(recipe, *places)
    except ColorizerError as error:
        tasks.send(error)
        return
    limit_memory(jobs)
    tasks.send(None)
    with contextlib.suppress(EOFError, OSError):
        while True:
            tasks.send(colour(tasks.recv()))
            give_back()


def become_quiet() -> None:
    """Ctrl-C and a closed terminal are the parent's to act on; what C libraries print would tear its display."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    os.environ["VIPS_CONCURRENCY"] = "1"  # read when libvips is loaded
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                os.dup2(nowhere, stream.fileno())


def _die_with_parent(life: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        life.recv()
    os._exit(1)


def memory_returner() -> Callable[[], object]:
    """Hands freed memory back to the system: glibc keeps it, in pieces, and a worker would grow over thousands of
    photos of different sizes."""
    library: Any = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
    if not hasattr(library, "malloc_trim"):  # another C library
        return lambda: None
    library.mallopt(M_MMAP_THRESHOLD, 2**20)  # and what is large is never kept at all
    library.mallopt(M_ARENA_MAX, 2)
    return lambda: library.malloc_trim(0)


def limit_memory(jobs: int) -> None:
    """A photo that asks for more than its share of the memory fails, and does not bring the machine down."""
    if not sys.platform.startswith("linux"):
        return
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        taken = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    share = int(SHARE * _memory() / jobs)
    limit = taken + max(SPARE_BYTES, share)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _memory() -> int:
    """Bytes of the machine or, if that is less, of the control group."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
            return min(physical, int(file.read()))
    except (OSError, ValueError):  # no control group, or "max"
        return physical
