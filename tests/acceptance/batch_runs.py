"""`colorize batch scans -o colour`, started and looked at while it runs."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def start(command: str, folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """In a process group of its own, as a shell would have it."""
    return subprocess.Popen(
        [command, "batch", "scans", "-o", "colour", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        start_new_session=True,
    )


def end(running: "subprocess.Popen[bytes]", seconds: float = 60) -> tuple[int, str]:
    _, stderr = running.communicate(timeout=seconds)
    return running.returncode, stderr.decode()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def results(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.*") if not path.name.startswith((".", "colorize-journal"))]


def being_written(folder: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError):
        return [path for path in folder.rglob(".*.part") if path.stat().st_size > 100_000]
    return []
