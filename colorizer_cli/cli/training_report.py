"""Training on the screen: live on a terminal, a plain line now and then elsewhere; and its verdict."""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from colorizer_cli.cli.console import print_json, say

if TYPE_CHECKING:
    from colorizer_cli.training.fine_tune import Outcome
    from colorizer_cli.training.progress import Progress

SECONDS_BETWEEN_LINES = 30.0


class TrainingDisplay:
    """Call it with each Progress. `quiet`: shows nothing, as do the processes beside the first."""

    def __init__(self, quiet: bool = False) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._quiet = quiet or os.environ.get("RANK", "0") != "0"  # as torchrun and accelerate set it
        self._live: Any = None
        self._task: Any = None
        self._shown: tuple[str, int | None] = ("", None)
        self._line_at = 0.0

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            from rich.progress import BarColumn, Progress, TextColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}"))
            self._live = Progress(*columns, console=self._console)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, progress: Progress) -> None:
        if self._quiet:
            return
        stage = (progress.what, progress.size)
        if self._live is None:
            due = time.monotonic() - self._line_at > SECONDS_BETWEEN_LINES
            if stage != self._shown or due:
                say(f"{_title(progress)} {progress.done}/{progress.total}  {_figures(progress)}".rstrip())
                self._line_at = time.monotonic()
        else:
            if stage != self._shown:
                self._task = self._live.add_task(_title(progress), total=progress.total, figures="")
            self._live.update(self._task, completed=progress.done, total=progress.total, figures=_figures(progress))
        self._shown = stage


def _title(progress: Progress) -> str:
    return progress.what if progress.size is None else f"{progress.what} at {progress.size} px"


def _figures(progress: Progress) -> str:
    parts = []
    if progress.photos_per_second is not None:
        parts.append(f"{progress.photos_per_second:.1f} photos/s")
    if progress.loss is not None:
        parts.append(f"loss {progress.loss:.3f}")
    if progress.validation is not None:
        parts.append(f"validation {progress.validation:.1f}")
    if progress.seconds_left is not None:
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        parts.append(f"{minutes}:{seconds:02d} left")
    return "  ".join(parts)


def outcome_json(outcome: Outcome) -> None:
    """One object on stdout."""
    verdict = outcome.verdict
    print_json(
        {
            "weights": str(outcome.folder),
            "promoted": outcome.promoted,
            "outcome": verdict.outcome,
            "training_photos": outcome.training,
            "validation_photos": verdict.photos,
            "skipped": outcome.skipped,
            "true_colourfulness": verdict.true_colourfulness,
            "measures": {
                c.measure: {"before": c.before, "after": c.after, "change_95": [c.low, c.high]} for c in verdict.changes
            },
        }
    )


def say_outcome(outcome: Outcome, forced: bool) -> None:
    """The verdict in words, and its table, on stderr."""
    from rich.console import Console
    from rich.table import Table

    from colorizer_cli.training.selection import tell_reasons
    from colorizer_cli.training.verdict import tell

    verdict = outcome.verdict
    say(f"{outcome.training} photos trained on, {verdict.photos} held back; {tell_reasons(outcome.skipped)}")
    table = Table("held-back photos", "before", "after", "95 % interval of the change", box=None, pad_edge=False)
    for row in tell(verdict):
        table.add_row(*row)
    Console(stderr=True).print(table)
    words = {
        "better": "The tuned weights are better on this archive",
        "worse": "The tuned weights are WORSE on this archive",
        "no different": "The tuned weights are not measurably better on this archive",
    }[verdict.outcome]
    if outcome.promoted:
        took = " and were taken anyway (--force)" if forced and verdict.outcome != "better" else ""
        say(f"{words}{took}: colorize PHOTO --weights {outcome.folder}")
    else:
        say(f"{words}: kept aside in {outcome.folder}; --resume --force takes them anyway")
