"""What is to be done: the photos that are there, against what the journal says of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from colorizer_cli.batch.job import BatchJob, Identity, Task, hints_beside
from colorizer_cli.batch.journal import Entry, Journal
from colorizer_cli.batch.naming import Naming
from colorizer_cli.batch.owners import Owners
from colorizer_cli.batch.places import output_of, walk_of
from colorizer_cli.batch.series import sample
from colorizer_cli.batch.walk import Listing, Skipped


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
    retried      photos that failed and have been given out again, as --retry-failed says: once in a run
    """

    job: BatchJob
    journal: Journal
    naming: Naming
    made: Made
    is_complete: Callable[[str], bool] | None = None
    findings: Findings = field(default_factory=Findings)
    samples: dict[str, list[str]] = field(default_factory=dict)
    retried: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[Task]:
        job, output = self.job, output_of(self.job.output)
        owners = Owners(job, self.journal, self.naming)
        folders = {"": ""}
        for listing in walk_of(job, self.findings.skipped, self.naming.blind):
            folder = listing.folder
            target = folders.pop(folder) if listing.last else folders[folder]
            photos = [os.path.join(folder, name) for name in listing.photos]
            if job.recipe.consistent:
                self.samples[folder] = sample(photos)
            names, subfolders = self.naming.assign(
                listing.photos,
                listing.subfolders,
                self._earlier(listing.photos, photos, target),
                owners.names(target, photos),
                owners.having(target, listing, photos),
            )
            for name, renamed in subfolders.items():
                folders[os.path.join(folder, name)] = os.path.join(target, renamed)
            mine = [(p, n) for p, n in zip(photos, listing.photos, strict=True) if self._is_mine(p)]
            existing = output.existing(target, [names[name] for _, name in mine])
            for photo, name in mine:
                self._note_name(photo, name, names[name])
                task = self._decide(listing, photo, os.path.join(target, names[name]), existing(names[name]))
                if task is not None:
                    yield task

    @property
    def _retries(self) -> bool:
        """Whether photos that failed are tried again: also where what they were refused for may be allowed now."""
        return self.job.retry_failed or self.job.recipe.accepts_more

    def _is_mine(self, photo: str) -> bool:
        return self.job.shard is None or self.job.shard.holds(photo)

    def _earlier(self, names: list[str], photos: list[str], target: str) -> dict[str, str]:
        """→ photo's name → name that its result has had in this folder."""
        earlier = {}
        for name, photo in zip(names, photos, strict=True):
            entry = self.journal.entries.get(photo)
            result = entry.result if entry is not None else self.journal.begun.get(photo)
            if result is not None and os.path.dirname(result) == target:
                earlier[name] = os.path.basename(result)
        return earlier

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

    def _decide(self, listing: Listing, photo: str, result: str, there: Identity | None) -> Task | None:
        """→ the task, or None where there is nothing to do. `there`: what has the result's name now."""
        job, findings, entry = self.job, self.findings, self.journal.entries.get(photo)
        written = entry is not None and entry.result == result and there is not None and entry.result_file == there
        earlier = there is not None and self.journal.superseded.get(result) == there
        ours = written or earlier or self.journal.begun.get(photo) == result
        hints = self._identity(listing, hints_beside(photo))
        known = self._still_good(photo, entry) if entry is not None and photo not in self.journal.stale else None
        if entry is not None and known is not None:
            current = self._identity(listing, photo)
            same = current is not None and known.same_file(current) and entry.hints == hints
            if entry.error is not None and same and (not self._retries or photo in self.retried):
                findings.failed_before[photo] = entry.error
                return None
            if entry.left_alone and same and not job.recipe.force:
                findings.left_alone += 1
                return None
            if entry.error is None and same and written:
                findings.unchanged += 1
                return None
        if there is not None and not (ours or job.overwrite):
            findings.existing.append(photo)
            return None
        if self.is_complete is not None and not self.is_complete(os.path.join(job.source, photo)):
            return None
        if entry is not None and entry.error is not None:
            self.retried.add(photo)
        reusable = (
            written and entry is not None and entry.error is None and not entry.left_alone and entry.hints == hints
        )
        known, listed = known if reusable else None, None if listing.stored is None else self._identity(listing, photo)
        return Task(photo, result, ours or job.overwrite, known, hints, listed=listed)

    def _identity(self, listing: Listing, path: str) -> Identity | None:
        """Of a photo, or of the hints beside it."""
        if listing.stored is not None:
            stored = listing.stored.get(os.path.basename(path))
            return None if stored is None else Identity.of_stored(stored)
        try:
            return Identity.of(os.stat(os.path.join(self.job.source, path)))
        except OSError:
            return None

    def _still_good(self, photo: str, entry: Entry) -> Identity | None:
        """The identity that the entry knows, if it was made as this run would make it."""
        return entry.identity if Made(entry.weights, entry.options) == self.made else None
