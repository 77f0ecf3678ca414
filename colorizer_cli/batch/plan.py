"""What is to be done: the photos that are there, against what the journal says of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from colorizer_cli.batch.job import BatchJob, Identity, Task, hints_beside
from colorizer_cli.batch.journal import NAME, Entry, Journal
from colorizer_cli.batch.naming import Naming
from colorizer_cli.batch.series import sample
from colorizer_cli.batch.walk import Skipped, Walk


@dataclass(frozen=True, slots=True)
class Made:
    """What a result was made with: the weights' hash, and the fingerprint of the options."""

    weights: str
    options: str


@dataclass
class Findings:
    """What planning found besides tasks.

    photos         all that were met
    unchanged      done before, and still as they were
    left_alone     in colour already, found now or in an earlier run
    failed_before  failed in an earlier run, unchanged, and not to be tried again: photo → error
    existing       their result's name is taken by a file that no run of this tool on this folder has written
    converted      photos whose result has another format than they, because theirs cannot hold it: photo → result
    renamed        photos whose result has another name than they, to be distinct: photo → result
    """

    photos: int = 0
    unchanged: int = 0
    left_alone: int = 0
    failed_before: dict[str, str] = field(default_factory=dict)
    existing: list[str] = field(default_factory=list)
    converted: int = 0
    renamed: int = 0
    examples: dict[str, str] = field(default_factory=dict)
    skipped: Skipped = field(default_factory=Skipped)


@dataclass
class Plan:
    """Iterating gives the tasks, in order, as the folders are read; `findings` fills meanwhile.

    made         what a result must have been made with
    is_complete  whether a photo, by its path, is there as a whole; those that are not are passed over
    samples      of the folders that were met, where their photos are to share a palette
    """

    job: BatchJob
    journal: Journal
    naming: Naming
    made: Made
    is_complete: Callable[[str], bool] | None = None
    findings: Findings = field(default_factory=Findings)
    samples: dict[str, list[str]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Task]:
        job = self.job
        walk = Walk(job.source, job.recursive, job.patterns, _identity(job.output), self.findings.skipped)
        owners = {entry.result: photo for photo, entry in self.journal.entries.items()}
        taken = _by_folder(owners)
        folders = {"": ""}
        for listing in walk:
            target = folders.pop(listing.folder)
            photos = [os.path.join(listing.folder, name) for name in listing.photos]
            earlier, foreign = self._earlier(listing.photos, photos, target, taken.get(target, []), owners)
            if job.recipe.consistent:
                self.samples[listing.folder] = sample(photos)
            names, subfolders = self.naming.assign(listing.photos, listing.subfolders, earlier, foreign)
            for name, renamed in subfolders.items():
                folders[os.path.join(listing.folder, name)] = os.path.join(target, renamed)
            for photo, name in zip(photos, listing.photos, strict=True):
                if job.shard is not None and not job.shard.holds(photo):
                    continue
                self._note_name(photo, name, names[name])
                task = self._decide(photo, os.path.join(target, names[name]))
                if task is not None:
                    yield task

    def _earlier(
        self, names: list[str], photos: list[str], target: str, taken: list[str], owners: dict[str, str]
    ) -> tuple[dict[str, str], list[str]]:
        """→ (photo's name → name that its result has had in this folder, names that other photos' results have)."""
        earlier = {}
        for name, photo in zip(names, photos, strict=True):
            entry = self.journal.entries.get(photo)
            result = entry.result if entry is not None else self.journal.begun.get(photo)
            if result is not None and os.path.dirname(result) == target:
                earlier[name] = os.path.basename(result)
        here = set(photos)
        foreign = [os.path.basename(result) for result in taken if owners[result] not in here]
        return earlier, [*foreign, NAME]

    def _note_name(self, photo: str, name: str, result: str) -> None:
        findings = self.findings
        findings.photos += 1
        if result == name:
            return
        if self.job.form is None and os.path.splitext(result)[1].lower() != os.path.splitext(name)[1].lower():
            findings.converted += 1
        elif result != self.naming.natural(name):
            findings.renamed += 1
        else:
            return
        if len(findings.examples) < 3:
            findings.examples[photo] = result

    def _decide(self, photo: str, result: str) -> Task | None:
        """→ the task, or None where there is nothing to do."""
        job, findings, entry = self.job, self.findings, self.journal.entries.get(photo)
        there = _status(os.path.join(job.output, result))
        ours = entry is not None and entry.result == result and there is not None and entry.result_file == there
        ours = ours or self.journal.begun.get(photo) == result
        hints = _status(os.path.join(job.source, hints_beside(photo)))
        known = self._still_good(photo, entry) if entry is not None and photo not in self.journal.stale else None
        if entry is not None and known is not None:
            current = _status(os.path.join(job.source, photo))
            same = current is not None and known.same_file(current) and entry.hints == hints
            if entry.error is not None and same and not job.retry_failed:
                findings.failed_before[photo] = entry.error
                return None
            if entry.left_alone and same:
                findings.left_alone += 1
                return None
            if entry.error is None and same and ours:
                findings.unchanged += 1
                return None
        if there is not None and not (ours or job.overwrite):
            findings.existing.append(photo)
            return None
        if self.is_complete is not None and not self.is_complete(os.path.join(job.source, photo)):
            return None
        reusable = ours and entry is not None and entry.error is None and not entry.left_alone and entry.hints == hints
        return Task(photo, result, ours or job.overwrite, known if reusable else None, hints)

    def _still_good(self, photo: str, entry: Entry) -> Identity | None:
        """The identity that the entry knows, if it was made as this run would make it."""
        return entry.identity if Made(entry.weights, entry.options) == self.made else None


def _by_folder(results: dict[str, str]) -> dict[str, list[str]]:
    folders: dict[str, list[str]] = {}
    for result in results:
        folders.setdefault(os.path.dirname(result), []).append(result)
    return folders


def _status(path: str) -> Identity | None:
    try:
        return Identity.of(os.stat(path))
    except OSError:
        return None


def _identity(folder: str) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino
