"""What the machine gives to this process: cores, memory, disk, and what the libraries' caches take of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VIPS_CONCURRENCY")
CGROUPS, MEMBERSHIP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


@dataclass(frozen=True)
class Threads:
    """How many threads have a core to run on.

    cores         of the machine
    usable        that this process may run on; the network gets so many threads, `batch` so many photos at a time
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
    cores = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    limits = {name: os.environ[name] for name in THREAD_VARIABLES if os.environ.get(name)}
    return Threads(cores, usable, cpu_quota(), limits)


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
    return {"here": _disk(os.getcwd()), "temporary": _disk(tempfile.gettempdir())}


def cpu_quota(root: Path = CGROUPS, membership: Path = MEMBERSHIP) -> float | None:
    """Cores' worth of time that this process's control group and those above it allow; None where there is no limit.

    root         where control groups are mounted: version 2 has cpu.max in each, version 1 two files below cpu/
    membership   the file that names this process's groups; a container sees its own as the root
    """
    try:
        own = next((line[4:] for line in membership.read_text().splitlines() if line.startswith("0::/")), "")
    except OSError:
        return None
    group = root / own.strip()
    quotas = [_quota(folder) for folder in (group, *group.parents) if folder.is_relative_to(root)]
    return min((quota for quota in quotas if quota is not None), default=None)


def _quota(group: Path) -> float | None:
    try:
        if (group / "cpu.max").is_file():
            quota, period = (group / "cpu.max").read_text().split()
        else:
            quota, period = ((group / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return float(quota) / float(period) if float(quota) > 0 else None
    except (OSError, ValueError):  # no such file, or "max"
        return None


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


def _disk(folder: str) -> Disk:
    try:
        return Disk(folder, shutil.disk_usage(folder).free)
    except OSError:
        return Disk(folder, None)
