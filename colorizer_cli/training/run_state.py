"""What a run was started with, kept beside its checkpoint: only the same run can go on."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from colorizer_cli.errors import TrainingError, UsageError

FILE, LOCK = "run.json", "lock"


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keeps other runs out of `folder`, which is made if it is not there. Raises UsageError where one is at work."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageError(
            f"{folder} is in use: another run is at work there; wait for it, or give -o another name"
        ) from error
    try:
        yield
    finally:
        lock.release()
        if not [item for item in folder.iterdir() if item.name != LOCK]:  # it has not come to anything
            shutil.rmtree(folder)


def remember(folder: Path, settings: Mapping[str, object]) -> None:
    """Begins a run in `folder`: what an earlier one left there is removed, apart from its decoded photos."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("checkpoint.safetensors", "log.jsonl", FILE):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "tensorboard", ignore_errors=True)
    (folder / FILE).write_text(json.dumps(settings, indent=1), encoding="utf-8")


def check_unchanged(folder: Path, settings: Mapping[str, object]) -> None:
    """Raises TrainingError where the run in `folder` was started with other settings, weights or photos."""
    try:
        stored = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise TrainingError(
            f"{folder} cannot be resumed: its {FILE} is missing or damaged; --overwrite begins anew"
        ) from error
    changed = [name for name, value in settings.items() if stored.get(name) != json.loads(json.dumps(value))]
    if changed:
        raise TrainingError(
            f"{folder} cannot be resumed: its {' and '.join(changed)} differ from those it was started with; "
            "give the same options and photos, or begin anew with --overwrite"
        )
