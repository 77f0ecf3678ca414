"""Temporary files of photos that were being written when a process was killed."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from colorizer_cli.photo.temporary import SUFFIX, is_cut, temporary_prefix

RANDOM = re.compile(r"[a-z0-9_]{8}" + re.escape(SUFFIX))  # what tempfile.mkstemp puts behind a prefix


def sweep(output: str, results: Iterable[str], alone: bool = True) -> int:
    """Removes the temporary files of these results, and no others. → how many there were.

    `alone`: no other run is at work in the folder. Where one may be, files are left whose name, cut short, another
    result's may have as well.
    """
    by_folder: dict[str, set[str]] = {}
    for result in results:
        path = Path(output, result)
        if not alone and is_cut(path):
            continue
        by_folder.setdefault(str(path.parent), set()).add(temporary_prefix(path))
    removed = 0
    for folder, prefixes in by_folder.items():
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for name in os.listdir(folder):
                if any(name.startswith(prefix) and RANDOM.fullmatch(name[len(prefix) :]) for prefix in prefixes):
                    os.unlink(os.path.join(folder, name))
                    removed += 1
    return removed
