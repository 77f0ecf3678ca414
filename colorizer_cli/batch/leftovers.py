"""Temporary files of photos that were being written when a process was killed."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from colorizer_cli.photo.temporary import SUFFIX, is_cut, temporary_prefix

# What tempfile.mkstemp puts behind a prefix; and what a page, or a copy with more metadata, has behind that
RANDOM = re.compile(r"[a-z0-9_]{8}" + re.escape(SUFFIX) + r"(\.part|\.\d+)?")


def sweep(output: str, results: Iterable[str], alone: bool = True, busy: Iterable[str] = ()) -> int:
    """Removes the temporary files of these results, and no others. → how many there were.

    `alone`: no other run is at work in the folder. Where one may be, files are left whose name, cut short, another
    result's may have as well; and so are those that may be of results that this run is writing, `busy`.
    """
    in_work = {_place(output, result) for result in busy}
    by_folder: dict[str, set[str]] = {}
    for result in results:
        folder, prefix = place = _place(output, result)
        if place not in in_work and (alone or not is_cut(Path(result))):
            by_folder.setdefault(folder, set()).add(prefix)
    removed = 0
    for folder, prefixes in by_folder.items():
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for name in os.listdir(folder):
                if any(name.startswith(prefix) and RANDOM.fullmatch(name[len(prefix) :]) for prefix in prefixes):
                    os.unlink(os.path.join(folder, name))
                    removed += 1
    return removed


def shares_temporary_name(result: str, others: Iterable[str]) -> bool:
    """Whether temporary files of the result may be taken for one of the others'."""
    return any(_place("", result) == _place("", other) for other in others)


def _place(output: str, result: str) -> tuple[str, str]:
    path = Path(output, result)
    return str(path.parent), temporary_prefix(path)
