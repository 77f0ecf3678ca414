"""The two folders of a run: whether they can serve, and the output's journal, locked."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO

from colorizer_cli.batch.job import BatchJob
from colorizer_cli.batch.journal import NAME, Journal
from colorizer_cli.batch.journal_files import all_lines, check_division, part_file, take_over
from colorizer_cli.batch.lock import HeldLock, open_locked
from colorizer_cli.batch.places import source_name
from colorizer_cli.errors import OutputError, PhotoError, UsageError
from colorizer_cli.storage.address import is_url, shown


def check_folders(job: BatchJob) -> None:
    """Raises UsageError or PhotoError where the two folders cannot serve; StorageError, too, where they are URLs."""
    remote = is_url(job.source), is_url(job.output)
    if any(remote):
        from colorizer_cli.batch.remote_checks import check_urls

        check_urls(job)
    if not remote[0] and not os.path.exists(job.source):
        raise PhotoError(f"{job.source}: no such folder")
    if not remote[0] and not os.path.isdir(job.source):
        raise UsageError(f"{job.source} is a file; `colorize batch` takes a folder, `colorize` a photo")
    if not remote[1] and os.path.exists(job.output) and not os.path.isdir(job.output):
        raise UsageError(f"-o {job.output} is a file; expected a folder")
    if job.shard is not None and job.report is not None:
        raise UsageError(
            "--report goes with the run without --shard that comes after all parts, and joins their journals"
        )
    if not any(remote) and os.path.isdir(job.output) and os.path.samefile(job.source, job.output):
        raise UsageError(f"-o {job.output} is the folder of the photos, which stays as it is; choose another one")
    if not any(remote) and job.recursive:
        _check_apart(job)


def _check_apart(job: BatchJob) -> None:
    """A tree that is mirrored above itself may come down on itself: scans/scans/a.jpg on scans/a.jpg."""
    source, output = os.path.realpath(job.source), os.path.realpath(job.output)
    if source.startswith(os.path.join(output, "")):
        first = os.path.relpath(source, output).split(os.sep)[0]
        if os.path.isdir(os.path.join(source, first)):
            there = os.path.join(job.source, first)
            raise UsageError(
                f"-o {job.output} contains the photos, and {there} would be written over them; choose another folder"
            )


def check_source(job: BatchJob, journal: Journal) -> None:
    """Raises UsageError where the journal belongs to another folder: its photos could have the same names."""
    source = source_name(job)
    if journal.source not in (None, source) and not job.moved:
        raise UsageError(
            f"{shown(job.output)} holds the results of {journal.source}, not of {source}; give another output folder, "
            "or add --resume if the photos have only been moved"
        )


@contextlib.contextmanager
def locked_journal(job: BatchJob) -> Iterator[tuple[Journal, HeldLock]]:
    """The journal of the output folder, which is made if it is missing, for this run alone.

    Raises OutputError where it cannot be written or another run has it, UsageError where it is another folder's.
    """
    try:
        os.makedirs(job.output, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{job.output} cannot be created: {error.strerror}") from error
    path = os.path.join(job.output, NAME)
    with ExitStack() as held:
        file = held.enter_context(_closing(open_locked(path, shared=job.shard is not None)))
        if job.shard is None:
            take_over(job.output)
            journal = Journal.open(path, file)
        else:
            check_division(job.output, job.shard)
            path = part_file(job.output, job.shard)
            file = held.enter_context(_closing(open_locked(path)))
            journal = Journal.open(path, file, all_lines(job.output))
        check_source(job, journal)
        yield journal, HeldLock(file.fileno())
        journal.close()


@contextlib.contextmanager
def _closing(file: BinaryIO) -> Iterator[BinaryIO]:
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):  # on a full disk, and told already
            file.close()
