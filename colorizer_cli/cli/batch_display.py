"""A batch run, shown: a progress display on a terminal, plain lines elsewhere, JSON lines for scripts."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from colorizer_cli.batch.job import Outcome
from colorizer_cli.batch.journal import NAME
from colorizer_cli.batch.plan import Findings
from colorizer_cli.batch.summary import Observer, Summary
from colorizer_cli.cli.console import print_json, printable, say
from colorizer_cli.storage.address import shown

LINE_SECONDS = 10.0  # between plain lines of progress
LISTED = 20  # failures that the summary names; the journal has all


class Counts:
    """What has been done so far, and how fast. Observers of any kind build on it."""

    def __init__(self) -> None:
        self.done = self.failed = self.unchanged = self.passed_over = 0
        self.photos: int | None = None
        self.started = time.monotonic()

    def total(self, photos: int) -> None:
        self.photos = photos

    def passed(self, findings: Findings) -> None:
        self.passed_over = (
            findings.unchanged + findings.left_alone + len(findings.failed_before) + len(findings.existing)
        )

    def outcome(self, outcome: Outcome) -> None:
        if outcome.error is not None:
            self.failed += 1
        elif not (outcome.unchanged or outcome.left_alone):
            self.done += 1

    def notice(self, text: str) -> None:
        say(text)

    @property
    def handled(self) -> int:
        return self.done + self.failed + self.passed_over

    @property
    def rate(self) -> float:
        return (self.done + self.failed) / max(time.monotonic() - self.started, 1e-9)

    @property
    def words(self) -> str:
        left = None if self.photos is None or not self.rate else max(0, self.photos - self.handled) / self.rate
        time_left = "" if left is None else f", {duration(left)} left"
        return f"{self.done} done, {self.failed} failed, {self.rate:.1f} photos/s{time_left}"


class JsonLines(Counts):
    """One JSON object on stdout for each photo."""

    def outcome(self, outcome: Outcome) -> None:
        super().outcome(outcome)
        event = "failed" if outcome.error is not None else _without_work(outcome) or "done"
        line: dict[str, object] = {"event": event, "input": outcome.task.photo, "output": outcome.task.result}
        line["seconds"] = round(outcome.seconds, 3)
        if outcome.error is not None:
            line["error"] = outcome.error
        elif event == "done":
            line["confidence"] = outcome.confidence
        print_json(line)


class PlainLines(Counts):
    """A line on stderr now and then, and one for each failure; `verbose`: one for each photo."""

    def __init__(self, verbose: bool) -> None:
        super().__init__()
        self._verbose = verbose
        self._last = time.monotonic()

    def outcome(self, outcome: Outcome) -> None:
        super().outcome(outcome)
        if outcome.error is not None or self._verbose:
            self._line(_outcome_line(outcome))
        if time.monotonic() - self._last > LINE_SECONDS:
            self._last = time.monotonic()
            self._line(f"{self.handled} of {'…' if self.photos is None else self.photos}: {self.words}")

    def _line(self, text: str) -> None:
        say(text)


class Bar(PlainLines):
    """A progress bar on a terminal."""

    def __init__(self, progress: Progress, verbose: bool) -> None:
        super().__init__(verbose)
        self._progress = progress
        self._task = progress.add_task("", total=None, words="")

    def total(self, photos: int) -> None:
        super().total(photos)
        self._progress.update(self._task, total=photos)

    def passed(self, findings: Findings) -> None:
        super().passed(findings)
        self._show()

    def outcome(self, outcome: Outcome) -> None:
        self._last = time.monotonic()  # the bar stands in for the regular lines
        super().outcome(outcome)
        self._show()

    def notice(self, text: str) -> None:
        self._line(text)

    def _show(self) -> None:
        self._progress.update(self._task, completed=self.handled, words=self.words)

    def _line(self, text: str) -> None:
        self._progress.console.print(Text(text))  # Text: brackets are no markup


class Silence(Counts):
    """Nothing but what needs the user."""


@contextlib.contextmanager
def display(as_json: bool, quiet: bool, verbose: bool) -> Iterator[Observer]:
    """The observer that fits where stderr goes to."""
    if as_json:
        yield JsonLines()
    elif quiet:
        yield Silence()
    elif not sys.stderr.isatty():
        yield PlainLines(verbose)
    else:
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[words]}"), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield Bar(progress, verbose)


def print_summary(summary: Summary, output: str) -> None:
    """The end of a run, in words, on stderr."""
    rate = summary.done / summary.seconds if summary.seconds else 0
    say(
        f"{summary.done} coloured, {len(summary.failures)} failed, {summary.findings.unchanged} unchanged"
        f" in {duration(summary.seconds)} ({rate:.1f} photos/s) → {printable(shown(output))}"
    )
    for line in findings_lines(summary.findings):
        say(line)
    print_trouble(summary, output)


def print_trouble(summary: Summary, output: str, quiet: bool = False) -> None:
    """What --quiet, too, tells: photos that have failed, and that the run was interrupted."""
    if quiet:
        for line in _trouble_lines(summary.findings):
            say(line)
    _print_some("failed", summary.failures, output)
    if summary.interrupted:
        say("interrupted; the same command goes on from here")


def findings_lines(findings: Findings) -> Iterator[str]:
    """What planning found that is worth telling."""
    skipped = findings.skipped
    left = {
        "in colour already (--force colours them anew)": findings.left_alone,
        "hidden": skipped.hidden,
        "not photos": skipped.not_photos,
        "not matching --pattern": skipped.not_matching,
        "linked folders that are met elsewhere": skipped.linked_twice,
    }
    if any(left.values()):
        yield "left alone: " + ", ".join(f"{count} {what}" for what, count in left.items() if count)
    yield from _trouble_lines(findings)
    if findings.converted or findings.renamed:
        examples = ", ".join(f"{printable(photo)} → {printable(name)}" for photo, name in findings.examples.items())
        yield (
            f"{findings.converted} in another format, as theirs cannot hold the result,"
            f" {findings.renamed} renamed to be distinct: {examples}"
        )


def _trouble_lines(findings: Findings) -> Iterator[str]:
    """The part of it that exit code 3 is about."""
    for folder, reason in findings.skipped.unreadable.items():
        yield f"{printable(folder)}: {reason}"
    if findings.existing:
        names = ", ".join(printable(name) for name in findings.existing[:3])
        more = ", …" if len(findings.existing) > 3 else ""
        yield (
            f"{len(findings.existing)} not coloured, as other files have their names ({names}{more});"
            " --overwrite replaces them"
        )


def duration(seconds: float) -> str:
    """12 s, 3 min 20 s, 5 h 10 min."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _without_work(outcome: Outcome) -> str:
    """Why nothing was written of a photo that has not failed; "" where something was."""
    return "left_alone" if outcome.left_alone else "unchanged" if outcome.unchanged else ""


def _outcome_line(outcome: Outcome) -> str:
    if outcome.error is not None:
        return f"failed: {printable(outcome.error)}"
    did = _without_work(outcome).replace("_", " ") or f"{outcome.seconds:.1f} s"
    return f"{printable(outcome.task.photo)} → {printable(outcome.task.result)} ({did})"


def _print_some(what: str, failures: dict[str, str], output: str) -> None:
    if not failures:
        return
    say(f"{what}:")
    for photo, error in list(failures.items())[:LISTED]:
        say(f"  {printable(photo)}: {printable(error)}")
    if len(failures) > LISTED:
        say(f"  … and {len(failures) - LISTED} more, in {printable(shown(output, NAME))}")
