"""What the machine gives to this process: cores, memory, disk, and what the libraries' caches take of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from colorizer_cli.cores import cpu_quota, usable_cores

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VIPS_CONCURRENCY")


@dataclass(frozen=True)
class Threads:
    """How many threads have a core to run on.

    cores         of the machine
    usable        that this process can keep busy, by its affinity and the quota: as many threads as the network gets,
                  and as many photos as `batch` colours at a time
    quota         cores' worth of time that a container's limit allows; None where there is no limit
    environment   limits that environment variables set to the libraries, by name
    """

    cores: int
    usable: int
    quota: float | None
    environment: dict[str, str]


@dataclass(frozen=True)
class Cache:
    """A cache folder; `size_bytes` is what its files take, 0 where the folder is not there."""

    path: str
    exists: bool
    size_bytes: int


@dataclass(frozen=True)
class Disk:
    """Free space where a folder lies; None where the system does not tell."""

    path: str
    free_bytes: int | None


def threads() -> Threads:
    """Cores, affinity, the container's quota and the variables that limit threads."""
    limits = {name: os.environ[name] for name in THREAD_VARIABLES if os.environ.get(name)}
    return Threads(os.cpu_count() or 1, usable_cores(), cpu_quota(), limits)


def memory_bytes() -> int | None:
    """Of the machine; None where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def caches() -> dict[str, Cache]:
    """The caches that commands of this package may fill, each where its library's documentation says it lies."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    hub = os.environ.get("HF_HOME") or f"{home}/huggingface"
    torch = os.environ.get("TORCH_HOME") or f"{home}/torch"
    folders = {
        "hugging_face_hub": os.environ.get("HF_HUB_CACHE") or f"{hub}/hub",
        "hugging_face_assets": os.environ.get("HF_ASSETS_CACHE") or f"{hub}/assets",
        "torch_hub": f"{torch}/hub",
    }
    return {name: _cache(os.path.expandvars(os.path.expanduser(folder))) for name, folder in folders.items()}


def disks() -> dict[str, Disk]:
    """Here, where results usually go, and in the folder for temporary files, where a result for stdout is made."""
    return {"here": _disk(os.getcwd), "temporary": _disk(tempfile.gettempdir)}


def _cache(folder: str) -> Cache:
    """Links are not followed: the Hub's cache links each file into every revision that has it."""
    size = 0
    for home, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.stat(os.path.join(home, name), follow_symlinks=False)
            except OSError:
                continue
            size += status.st_size
    return Cache(folder, os.path.isdir(folder), size)


def _disk(find: Callable[[], str]) -> Disk:
    folder = ""
    try:
        folder = find()  # fails where the folder has been deleted, or none for temporary files can be written to
        return Disk(folder, shutil.disk_usage(folder).free)
    except OSError as error:
        return Disk(folder or f"none: {error.strerror}", None)
