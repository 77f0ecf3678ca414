"""Names of results: the photo's own, and distinct where two photos would get the same."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count

from colorizer_cli.photo.formats import FORMATS, READ_AS, SUFFIXES, Format, written_as


@dataclass(frozen=True)
class Naming:
    """How names are made and compared.

    form    format of all results; None: each photo's own
    blind   the output's file system takes names for equal that differ in case or in Unicode form only
    """

    form: Format | None = None
    blind: bool = False

    def natural(self, name: str) -> str:
        """The name that a photo's result gets if no other has it."""
        stem, suffix = os.path.splitext(name)
        own = FORMATS.get(suffix.lower())
        wanted = self.form or own or written_as(READ_AS[suffix.lower()])
        return name if own == wanted else stem + SUFFIXES[wanted]

    def key(self, name: str) -> str:
        """Equal for names that the file system cannot tell apart."""
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()) if self.blind else name

    def assign(
        self,
        photos: Iterable[str],
        subfolders: Iterable[str],
        earlier: Mapping[str, str],
        taken: Iterable[str] = (),
        is_taken: Callable[[str], bool] = lambda name: False,
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Names for the results of one folder's photos, and for its subfolders: (photo → result, folder → folder).

        `earlier` holds the results that photos of this folder got in earlier runs: they keep them, as long as the
        format is still the wanted one. `taken` are names that belong to others, and so are those of which `is_taken`
        says so. Then come names that need no change; of two photos that differ in their suffix the second keeps it:
        a.png → a.png.jpg. What is still not distinct is numbered. The outcome depends on the names alone.
        """
        used = {self.key(name) for name in taken}
        folders = {name: self._claim(used, is_taken, name) for name in subfolders}
        results: dict[str, str] = {}
        names = list(photos)
        for name in names:
            kept = earlier.get(name)
            if kept is not None and _suffix(kept) == _suffix(self.natural(name)) and self.key(kept) not in used:
                results[name] = self._claim(used, lambda name: False, kept)
        rest = [name for name in names if name not in results]
        for name in sorted(rest, key=lambda name: self.natural(name) != name):  # stable: still sorted by name
            natural = self.natural(name)
            results[name] = self._claim(used, is_taken, natural, name + _suffix(natural))
        return results, folders

    def _claim(self, used: set[str], is_taken: Callable[[str], bool], *candidates: str) -> str:
        names = chain(candidates, _numbered(candidates[0]))
        free = next(name for name in names if self.key(name) not in used and not is_taken(name))
        used.add(self.key(free))
        return free


def _numbered(name: str) -> Iterator[str]:
    stem, suffix = os.path.splitext(name)
    return (f"{stem}-{number}{suffix}" for number in count(2))


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1]


def is_blind(folder: str, probing: bool = True) -> bool:
    """Whether the file system of `folder` takes "a" and "A" for one name. False where nothing can be written.

    `probing`: a file may be made for a moment; else the folder's own name says it, if it has letters.
    """
    if not probing:
        home, name = os.path.split(os.path.realpath(folder))
        return name != name.swapcase() and os.path.exists(os.path.join(home, name.swapcase()))
    try:
        with tempfile.NamedTemporaryFile(prefix=".colorize-A-", dir=folder) as probe:
            head, tail = os.path.split(probe.name)
            return os.path.exists(os.path.join(head, tail.swapcase()))
    except OSError:
        return False
