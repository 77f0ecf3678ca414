"""A full disk, told as one."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError

from colorizer_cli.errors import TrainingError

FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def writing_to(folder: Path, remedy: str) -> Iterator[None]:
    """Turns "no space left" into a TrainingError that says where, and what to do."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        # safetensors' own error carries the operating system's as text alone
        told = any(f"os error {number}" in str(error) for number in FULL)
        if not told and getattr(error, "errno", None) not in FULL:
            raise
        raise TrainingError(f"no space left on the disk of {folder}; {remedy}") from error
