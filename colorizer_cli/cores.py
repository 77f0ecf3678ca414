"""How many cores this process has the use of: its affinity, and what a container's limit leaves of it."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUPS, MEMBERSHIP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Cores that this process can keep busy: a container that is limited to two cores' worth of time on a machine of
    64 has two."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota()
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


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
