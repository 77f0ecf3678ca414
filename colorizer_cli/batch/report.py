"""The report: one HTML page that needs nothing else, to look the results over, the least sure ones first."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote_from_bytes

from colorizer_cli.batch.job import BatchJob
from colorizer_cli.batch.journal import Entry, Journal
from colorizer_cli.batch.summary import Summary
from colorizer_cli.batch.thumbnails import thumbnail_pairs
from colorizer_cli.cores import usable_cores
from colorizer_cli.errors import OutputError, UsageError

TEMPLATE = Path(__file__).with_name("report.html")
MARK = b"<!-- colorize report -->"
SUFFIXES = (".html", ".htm")
SIDES = ((1500, 320), (6000, 200))  # up to so many photos: this many pixels; the page stays below 60 MB
SMALLEST_SIDE = 160


def check_report(path: str, overwrite: bool) -> None:
    """Raises OutputError where a report could not be written there, UsageError where it is no page by its name, before
    any work is done. An earlier report is replaced; another file only with `overwrite`."""
    if os.path.splitext(path)[1].lower() not in SUFFIXES:
        raise UsageError(f"--report {path}: expected a name that ends in .html")
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path) or not os.path.isdir(folder):
        raise OutputError(f"--report {path}: expected a file name in a folder that exists")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"--report {path}: {folder} cannot be written to")
    if os.path.exists(path) and not overwrite:
        with open(path, "rb") as file:
            if MARK not in file.read(200):
                raise OutputError(f"--report {path} exists and is no report; choose another name or add --overwrite")


def write_report(path: str, job: BatchJob, journal: Journal, summary: Summary) -> None:
    """Writes the page, whole or not at all, on what the journal knows of photos that are there. Raises OutputError."""
    entries = {photo: entry for photo, entry in journal.entries.items() if _is_there(job, photo, entry)}
    done = [photo for photo, entry in entries.items() if entry.error is None]
    side = next((side for count, side in SIDES if len(done) <= count), SMALLEST_SIDE)
    files = ((os.path.join(job.source, photo), os.path.join(job.output, entries[photo].result)) for photo in done)
    folder = os.path.dirname(os.path.abspath(path))
    pictures = zip(done, thumbnail_pairs(files, side, job.jobs or usable_cores()), strict=True)
    described = (
        _description(job, photo, entries[photo], folder)
        | ({} if pair is None else {"before": pair.before, "after": pair.after, "width": pair.width})
        | ({} if pair is None else {"height": pair.height})
        for photo, pair in pictures
    )
    failed = (_description(job, photo, entry, folder) for photo, entry in entries.items() if entry.error is not None)
    try:
        with _whole(path) as page:
            fill(page, _facts(job, summary, len(done)), chain(described, failed))
    except OSError as error:
        raise OutputError(f"--report {path} cannot be written: {error.strerror}") from error


def fill(page: TextIO, facts: list[str], photos: Iterator[dict[str, Any]]) -> None:
    """Writes the template with the facts of its head and its photos: name, folder, sure (0…1 or None), original, and
    either error or result; before, after, width and height where there are pictures."""
    head, rest = TEMPLATE.read_text("utf-8").split("@FACTS@")
    middle, end = rest.split("@PHOTOS@")
    page.write(head + _json(facts) + middle + "[")
    for number, photo in enumerate(photos):
        page.write((",\n" if number else "\n") + _json(photo))
    page.write("]" + end)


def _json(value: Any) -> str:
    """ASCII that is safe inside a script element."""
    return json.dumps(value).replace("<", "\\u003c")


def _is_there(job: BatchJob, photo: str, entry: Entry) -> bool:
    there = os.path.lexists(os.path.join(job.source, photo))
    return (
        there
        and not entry.left_alone
        and (entry.error is not None or os.path.exists(os.path.join(job.output, entry.result)))
    )


def _description(job: BatchJob, photo: str, entry: Entry, folder: str) -> dict[str, Any]:
    home, name = os.path.split(photo)
    found: dict[str, Any] = {"name": _shown(name), "folder": _shown(home), "sure": entry.confidence}
    found["original"] = _link(os.path.join(job.source, photo), folder)
    if entry.error is None:
        found["result"] = _link(os.path.join(job.output, entry.result), folder)
    else:
        found["error"] = _shown(entry.error)
    return found


def _shown(name: str) -> str:
    """Bytes that are not UTF-8 are shown as \\xNN."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _link(file: str, folder: str) -> str:
    """As seen from the report, so that the two can be moved together."""
    return quote_from_bytes(os.fsencode(os.path.relpath(file, folder)))


def _facts(job: BatchJob, summary: Summary, done: int) -> list[str]:
    failed = f"{len(summary.failures)} failed"
    weights = job.recipe.weights or "the embedded weights"
    return [f"{done} coloured", failed, f"from {_shown(job.source)} to {_shown(job.output)}", f"colours by {weights}"]


@contextlib.contextmanager
def _whole(path: str) -> Iterator[TextIO]:
    """A text file that takes its name when it is complete."""
    handle, temporary = tempfile.mkstemp(prefix=".report-", suffix=".part", dir=os.path.dirname(path) or ".")
    try:
        with open(handle, "w", encoding="utf-8") as page:
            yield page
            page.flush()
            os.fsync(page.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
