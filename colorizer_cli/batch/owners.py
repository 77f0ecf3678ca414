"""Names of results that are not to be had, because they are another photo's."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from colorizer_cli.batch.job import BatchJob
from colorizer_cli.batch.journal import NAME, Journal
from colorizer_cli.batch.naming import Naming
from colorizer_cli.batch.walk import Listing, is_photo_name


class Owners:
    """Whose the results are that the journal knows.

    A result that has its photo's own path is found among the journal's entries; only the others are kept here.
    """

    def __init__(self, job: BatchJob, journal: Journal, naming: Naming) -> None:
        self._job, self._journal, self._naming = job, journal, naming
        self._renamed = {e.result: photo for photo, e in journal.entries.items() if e.result != photo}
        self._by_folder: dict[str, list[tuple[str, str]]] = {}
        if naming.blind:  # equal names are not found by looking them up: the whole folder's are compared
            for photo, entry in journal.entries.items():
                self._by_folder.setdefault(os.path.dirname(entry.result), []).append((entry.result, photo))

    def names(self, target: str, photos: Iterable[str]) -> list[str]:
        """Names in a folder of results that are not these photos', as far as they have to be listed."""
        here = set(photos) if self._naming.blind else set()
        return [
            NAME,
            *(os.path.basename(result) for result, owner in self._by_folder.get(target, ()) if owner not in here),
        ]

    def having(self, target: str, listing: Listing, photos: Iterable[str]) -> Callable[[str], bool]:
        """→ a function that tells whether a name in a folder of results is another photo's than one of these."""
        here = set(photos)
        # names with these stems only photos of this listing can want
        settled = set() if listing.whole else {*listing.photos, *(os.path.splitext(name)[0] for name in listing.photos)}

        prefix, entries, renamed = os.path.join(target, ""), self._journal.entries, self._renamed
        if listing.whole and not entries:
            return lambda name: False

        def is_taken(name: str) -> bool:
            result = prefix + name
            if (owner := renamed.get(result)) is None and (entry := entries.get(result)) is not None:
                owner = result if entry.result == result else None
            if owner is not None or listing.whole or os.path.splitext(name)[0] in settled:
                return owner is not None and owner not in here
            return is_photo_name(name) and self._is_wanted(listing.folder, name)

        return is_taken

    def _is_wanted(self, folder: str, name: str) -> bool:
        """Whether a photo in another part of the same folder could want this name: then it is left to that one."""
        from colorizer_cli.storage.opening import open_store

        stem = os.path.splitext(name)[0]
        found = open_store(self._job.source).items(folder, f"{stem}.", f"{stem}/")
        return any(is_photo_name(item.name) and os.path.splitext(item.name)[0] == stem for item in found)
