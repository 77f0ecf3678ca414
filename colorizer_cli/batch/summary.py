"""What a run says while it goes on, and at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from colorizer_cli.batch.job import Outcome
from colorizer_cli.batch.plan import Findings

ALL_DONE, SOME_FAILED, INTERRUPTED = 0, 3, 130


class Observer(Protocol):
    """Whoever shows a run to its user. Called from the run's own thread, but for `total`."""

    def total(self, photos: int) -> None:
        """How many photos there are, known a while after the start."""

    def outcome(self, outcome: Outcome) -> None:
        """A photo is done, or has failed."""

    def passed(self, findings: Findings) -> None:
        """Planning has gone on; some photos may need no work."""

    def notice(self, text: str) -> None:
        """Something that the user should know."""


@dataclass
class Summary:
    """Counts of a run. `failures`: photo → error, those of earlier runs that were not tried again included."""

    done: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    swept: int = 0
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return INTERRUPTED
        incomplete = self.failures or self.findings.existing or self.findings.skipped.unreadable
        return SOME_FAILED if incomplete else ALL_DONE

    def as_json(self) -> dict[str, Any]:
        findings, skipped = self.findings, self.findings.skipped
        return {
            "photos": findings.photos,
            "done": self.done,
            "unchanged": findings.unchanged,
            "left_alone": findings.left_alone,
            "failed": len(self.failures),
            "existing": len(findings.existing),
            "converted": findings.converted,
            "renamed": findings.renamed,
            "skipped": {
                "hidden": skipped.hidden,
                "not_photos": skipped.not_photos,
                "not_matching": skipped.not_matching,
                "linked_twice": skipped.linked_twice,
            },
            "unreadable_folders": skipped.unreadable,
            "swept": self.swept,
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
        }
