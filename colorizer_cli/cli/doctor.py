"""`colorize doctor`: what this machine can run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from colorizer_cli.cli import options
from colorizer_cli.cli.console import print_json, print_table, say

if TYPE_CHECKING:
    from colorizer_cli.engine.diagnosis import Backend, Diagnosis
    from colorizer_cli.engine.installation import Installation
    from colorizer_cli.engine.machine import Threads

CANNOT_RUN = 1


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False, debug: options.Debug = False
) -> None:
    """What this machine can run; exit 1 if that is not even the main job."""
    from colorizer_cli.engine.diagnosis import diagnose

    found = diagnose()
    if as_json:
        print_json(found.as_json())
    else:
        print_table(["what", "found"], list(_rows(found)))
    if not found.main_job.works:
        say(f"error: no photo can be coloured here: {found.main_job.problem}\n{found.main_job.remedy}")
        raise typer.Exit(CANNOT_RUN)


def _rows(found: Diagnosis) -> Iterator[tuple[str, str]]:
    yield "colorize", found.colorize
    yield "python", f"{found.python['version']} ({found.python['executable']})"
    memory = f", {_size(found.system['memory_bytes'])} of memory" if found.system["memory_bytes"] else ""
    yield "system", f"{found.system['name']}{memory}"
    yield "threads", _threads(found.threads)
    for name, disk in found.disk.items():
        yield f"free disk, {name}", f"{_size(disk.free_bytes)} in {disk.path}"
    for name, cache in found.caches.items():
        yield (
            f"cache, {name.replace('_', ' ')}",
            f"{_size(cache.size_bytes) if cache.exists else 'none'} in {cache.path}",
        )
    yield "base install", _installation(found.base, versions=True)
    for name, extra in found.extras.items():
        yield f"extra [{name}]", _installation(extra)
    yield "compiled code", "works" if found.compiled.works else f"{found.compiled.problem}; large photos take longer"
    for name, backend in found.backends.items():
        yield f"backend {name}", _backend(backend)
    for name, weights in found.weights.items():
        yield f"weights {name}", "; ".join(weights.problems) or f"as recorded, in {weights.path}"
    job = found.main_job
    yield "main job", f"works ({job.backend}, {job.device}, {job.seconds} s)" if job.works else f"fails: {job.problem}"


def _size(count: object) -> str:
    """In decimal units, as disks are sold."""
    if not isinstance(count, int):
        return "unknown"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _threads(threads: Threads) -> str:
    parts = [f"{threads.usable} of {threads.cores} cores"]
    if threads.quota is not None:
        parts.append(f"the container allows {threads.quota:g} cores' worth of time")
    parts += [f"{name}={value}" for name, value in threads.environment.items()]
    return ", ".join(parts)


def _installation(part: Installation, versions: bool = False) -> str:
    if part.install is not None:
        return f"not all installed: {part.install}"
    if not part.packages:
        return "unknown: colorizer-cli itself is not installed as a package"
    return ", ".join(f"{name} {p.version}" for name, p in part.packages.items()) if versions else "installed"


def _backend(backend: Backend) -> str:
    devices = ", ".join(f"{device} ({name})" for device, name in backend.devices.items())
    parts = [backend.version, devices, " ".join(backend.providers), backend.problem]
    return "; ".join(part for part in parts if part)
