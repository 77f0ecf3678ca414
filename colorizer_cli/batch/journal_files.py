"""The files that a journal is kept in: one, and while its folder is worked on in parts, one more for each part.

A run of a part reads all of them and writes its own. A run of the whole takes the parts' lines over into the one, and
removes their files. It cannot begin while a part's run goes on, so lines of parts are newer than those of the one.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain

from colorizer_cli.batch.journal import NAME, whole_lines
from colorizer_cli.batch.lock import open_locked
from colorizer_cli.batch.shard import Shard
from colorizer_cli.errors import OutputError

PART = re.compile(r"colorize-journal\.(\d+)-of-(\d+)\.jsonl")


def part_file(folder: str, shard: Shard) -> str:
    """Where the run of a part writes."""
    return os.path.join(folder, f"colorize-journal.{shard.number}-of-{shard.count}.jsonl")


def part_files(folder: str) -> dict[str, Shard]:
    """The parts' files that are there, and whose they are."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return {}
    found = ((name, PART.fullmatch(name)) for name in names)
    return {os.path.join(folder, name): Shard(int(m[1]), int(m[2])) for name, m in found if m is not None}


def all_lines(folder: str) -> Iterator[bytes]:
    """The whole lines of all files, in the order in which they were written."""
    return chain(whole_lines(os.path.join(folder, NAME)), _by_time(list(part_files(folder))))


def take_over(folder: str) -> None:
    """Appends the parts' lines to the one journal, whose lock is held, and removes their files.

    Raises OutputError where a part's run goes on.
    """
    files = part_files(folder)
    if not files:
        return
    with ExitStack() as held:
        for file in files:
            held.enter_context(open_locked(file))
        try:
            with open(os.path.join(folder, NAME), "ab") as journal:
                if journal.tell() and not _ends_whole(journal.name):
                    journal.write(b"\n")  # behind a torn line, which is passed over
                journal.writelines(_by_time(list(files)))
                journal.flush()
                os.fsync(journal.fileno())
            for file in files:
                os.unlink(file)
        except OSError as error:
            raise OutputError(f"{folder}: the journals of its parts cannot be joined: {error.strerror}") from error


def check_division(folder: str, shard: Shard) -> None:
    """Raises OutputError where a run goes on that divides the folder into another number of parts."""
    for file, other in part_files(folder).items():
        if other.count != shard.count:
            open_locked(file, patience=0).close()


def _by_time(files: Sequence[str]) -> Iterator[bytes]:
    merged = heapq.merge(*(_timed(file) for file in files), key=lambda pair: pair[0])
    return (line for _, line in merged)


def _timed(file: str) -> Iterator[tuple[int, bytes]]:
    """Lines with the time at which they were written, by their own word or that of a line before."""
    time = 0
    for line in whole_lines(file):
        with contextlib.suppress(ValueError, AttributeError, TypeError):  # a damaged line is for the journal to count
            content = json.loads(line)
            time = max(time, int(content.get("at", content.get("time", 0))))
        yield time, line


def _ends_whole(file: str) -> bool:
    with open(file, "rb") as lines:
        lines.seek(-1, os.SEEK_END)
        return lines.read(1) == b"\n"
