"""The journal: one line of JSON for everything that happened, appended to a file in the output folder.

    {"run": …}      a run begins: version, the folder of photos, weights, options
    {"begun": …}    {photo: result, …} that are about to be worked on; written, and on disk, before the work begins, so
                    that a result which appears before its own line does is known for what it is
    {"released": …} [photo, …] that were announced, and not worked on after all
    {"done": …}     a photo's identity, weights, options, result, seconds, confidence
    {"failed": …}   a photo's identity, weights, options, and the error
    {"left": …}     a photo that is in colour already, and was left alone
    {"palette": …}  a folder, weights, options, and the frequencies of a/b bins that its photos share

The last line on a photo or a folder holds. Paths are relative to the two folders. A power cut can cost at most the
lines of the last second, and their photos are done again.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

from colorizer_cli.batch.job import Identity, Outcome
from colorizer_cli.batch.log import FileLog, Log
from colorizer_cli.batch.shard import Shard
from colorizer_cli.errors import OutputError

NAME = "colorize-journal.jsonl"
FORMAT = 1
VERBS = ("done", "failed", "left")


class SharedPalette(NamedTuple):
    """Frequencies of a/b bins, and what they were found with."""

    frequencies: Sequence[float]
    weights: str
    options: str


class Entry(NamedTuple):
    """What the journal last said about a photo. `result_file` is what was last written, `error` why the last try
    failed, None where it did not; `left_alone`: the photo is in colour already; `hints`: the file of hints it had."""

    result: str
    identity: Identity | None
    weights: str
    options: str
    result_file: Identity | None
    confidence: float | None
    error: str | None
    left_alone: bool
    hints: Identity | None


@dataclass
class Journal:
    """An open journal. `entries` by photo; `begun` holds photo → result of what was never finished,
    or failed when the result may have been there already.

    superseded  results that photos had under other names (of another format), as this tool has written them
    stale     photos whose entries were made before a fresh start: their results are known, and to be made again
    palettes  by folder
    source    the folder of photos that the last run named; None in a new journal
    damaged   lines that could not be read, other than a torn last one, which has been cut off
    """

    path: str
    entries: dict[str, Entry] = field(default_factory=dict)
    begun: dict[str, str] = field(default_factory=dict)
    superseded: dict[str, Identity] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    palettes: dict[str, SharedPalette] = field(default_factory=dict)
    source: str | None = None
    damaged: int = 0
    _log: Log | None = field(default=None, repr=False)
    _synced: float = 0.0

    @classmethod
    def read(cls, path: str, lines: Iterable[bytes] | None = None) -> Journal:
        """What is there, or what `lines` say, without touching it. Raises OutputError where it cannot be read."""
        journal = cls(path)
        for line in whole_lines(path) if lines is None else lines:
            journal._take(line)
        return journal

    @classmethod
    def open(cls, path: str, file: BinaryIO, lines: Iterable[bytes] | None = None) -> Journal:
        """Reads `file`, opened for reading and appending, and cuts off a torn last line.

        `lines`: what is known, where this file holds a part of it only.
        """
        journal = cls(path, _log=FileLog(file))
        with _explained(path):
            file.seek(0)
            whole = 0
            for line in file:
                if not line.endswith(b"\n"):
                    file.truncate(whole)
                    os.fsync(file.fileno())
                    break
                whole += len(line)
                if lines is None:
                    journal._take(line)
            for line in lines or ():
                journal._take(line)
            file.seek(0, os.SEEK_END)
        return journal

    @classmethod
    def over(cls, path: str, log: Log, lines: Iterable[bytes]) -> Journal:
        """What `lines` say; more goes to `log`. `path`: for messages."""
        journal = cls.read(path, lines)
        journal._log = log
        return journal

    def start_run(self, **facts: Any) -> None:
        """`facts` hold at least `source`, the folder of photos, and `fresh`: whether all is to be done again."""
        line = {"run": FORMAT, "time": int(time.time()), **facts}
        self._append(line, sync=True)
        self._note(line)

    def begin(self, results: Mapping[str, str]) -> None:
        """Says that these photos are about to be worked on. On disk when it returns."""
        self._append({"begun": dict(results)}, sync=True)
        self.begun.update(results)

    def release(self, photos: Sequence[str]) -> None:
        """Says that these photos, begun, were not worked on: a file that gets their result's name is another's."""
        line = {"released": list(photos)}
        self._append(line, sync=True)
        self._note(line)

    def finish(self, outcome: Outcome, weights: str, options: str) -> None:
        """Records what became of a photo."""
        task, identity, file = outcome.task, outcome.identity, outcome.result_file
        verb = "failed" if outcome.error is not None else "left" if outcome.left_alone else "done"
        line: dict[str, Any] = {verb: task.photo, "result": task.result}
        if identity is not None:
            line |= {"size": identity.size, "mtime": identity.mtime, "sha256": identity.sha256}
        line |= {"weights": weights, "options": options, "seconds": round(outcome.seconds, 3), "at": int(time.time())}
        if identity is not None and identity.tag:
            line["tag"] = identity.tag
        if file is not None:
            line |= {"result_size": file.size, "result_mtime": file.mtime}
            line |= {"result_tag": file.tag} if file.tag else {}
            if not outcome.unchanged:  # then what was said of it before holds
                line |= {"confidence": outcome.confidence, "width": outcome.width, "height": outcome.height}
        if task.hints is not None:
            line |= {"hints_size": task.hints.size, "hints_mtime": task.hints.mtime}
            line |= {"hints_tag": task.hints.tag} if task.hints.tag else {}
        if outcome.error is not None:
            line["error"] = outcome.error
        if outcome.uncertain:
            line["uncertain"] = True
        self._append(line)
        self._note(line)

    def share(self, folder: str, palette: SharedPalette) -> None:
        """Records the palette of a folder. On disk when it returns."""
        line: dict[str, Any] = {"palette": folder, "weights": palette.weights, "options": palette.options}
        line["frequencies"] = list(palette.frequencies)
        self._append(line, sync=True)
        self._note(line)

    def close(self) -> None:
        if self._log is not None:
            with _explained(self.path):
                self._log.close()
            self._log = None

    def _append(self, line: Mapping[str, Any], sync: bool = False) -> None:
        if self._log is None:
            raise OutputError(f"{self.path} is not open for writing")
        with _explained(self.path):
            # pure ASCII: names that are not UTF-8 travel as \udcXX
            self._log.write(json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n")
            if sync or time.monotonic() - self._synced > self._log.sync_seconds:
                self._log.sync()
                self._synced = time.monotonic()

    def _take(self, line: bytes) -> None:
        try:
            self._note(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.damaged += 1

    def _note(self, line: Mapping[str, Any]) -> None:
        if "run" in line:
            if line["run"] > FORMAT:
                raise OutputError(f"{self.path} was written by a newer version of this tool; update it to go on")
            self.source = str(line["source"])
            if line.get("fresh"):
                shard = Shard.parse(line["shard"]) if "shard" in line else None
                self.stale.update(photo for photo in self.entries if shard is None or shard.holds(photo))
                self.palettes.clear()
        elif "palette" in line:
            frequencies = array("d", line["frequencies"])  # an archive may have ten thousand folders
            weights, options = sys.intern(line["weights"]), sys.intern(line["options"])
            self.palettes[line["palette"]] = SharedPalette(frequencies, weights, options)
        elif "begun" in line:
            self.begun.update(line["begun"])
        elif "released" in line:
            for photo in line["released"]:
                self.begun.pop(photo, None)
        else:
            photo = next((line[verb] for verb in VERBS if verb in line), None)
            if photo is None:
                raise ValueError("no line of a journal")
            earlier = self.entries.get(photo)
            self.entries[photo] = entry = _entry(photo, line, earlier)
            if earlier is not None and earlier.result_file is not None and earlier.result != entry.result:
                self.superseded[earlier.result] = earlier.result_file
            if entry.result_file is not None:
                self.superseded.pop(entry.result, None)
            if not line.get("uncertain"):
                self.begun.pop(photo, None)
            self.stale.discard(photo)


def whole_lines(path: str) -> Iterator[bytes]:
    """The lines of a journal's file that were written to their end. A missing file is an empty one."""
    with _explained(path):
        try:
            with open(path, "rb") as lines:
                yield from (line for line in lines if line.endswith(b"\n"))
        except FileNotFoundError:
            return


def _entry(photo: str, line: Mapping[str, Any], earlier: Entry | None) -> Entry:
    file, result = None, line["result"]
    if "result_size" in line:
        file = Identity(line["result_size"], line["result_mtime"], tag=line.get("result_tag", ""))
    if file is None and earlier is not None and earlier.result == result:
        file = earlier.result_file  # what an earlier run has written is still there, and still this tool's
    return Entry(
        result=photo if result == photo else result,  # one string in memory, of millions
        identity=Identity(line["size"], line["mtime"], line["sha256"], line.get("tag", "")) if "size" in line else None,
        weights=sys.intern(line["weights"]),  # the same in all
        options=sys.intern(line["options"]),
        result_file=file,
        confidence=line.get("confidence", None if earlier is None or file is None else earlier.confidence),
        error=line.get("error"),
        left_alone="left" in line,
        hints=_hints(line) if "hints_size" in line else None,
    )


def _hints(line: Mapping[str, Any]) -> Identity:
    return Identity(line["hints_size"], line["hints_mtime"], tag=line.get("hints_tag", ""))


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path} cannot be read or written: {error.strerror}") from error
