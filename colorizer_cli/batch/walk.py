"""The photos below a folder, one folder's listing at a time."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from colorizer_cli.errors import PhotoError
from colorizer_cli.photo.formats import READ_SUFFIXES
from colorizer_cli.storage.items import Stored


@dataclass
class Skipped:
    """What was seen and left alone, counted; and the folders that could not be read, with the reason."""

    hidden: int = 0
    not_photos: int = 0
    not_matching: int = 0
    linked_twice: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """One folder: its path below the root ("" for the root), its photos and its subfolders, sorted by bytes.

    A large folder of a store comes in several. Names that may want the same result are in the same one.

    stored   of photos in a store, and of the hints beside them: what they are
    whole    this is all of the folder
    last     this is the end of the folder
    """

    folder: str
    photos: list[str]
    subfolders: list[str]
    stored: Mapping[str, Stored] | None = None
    whole: bool = True
    last: bool = True


@dataclass
class Walk:
    """Walks `root` from the top, skipping hidden names, what is no photo by its suffix, and the folder `excluded`.

    A linked folder is followed if it lies outside `root`, does not hold it, and once: the photos inside `root` are met
    under their own paths. So loops end, and nothing is coloured twice. Folders that cannot be read are noted; for the
    root PhotoError is raised, unless the walk is `patient`: it will be walked again.
    """

    root: str
    recursive: bool = True
    patterns: tuple[str, ...] = ()
    excluded: tuple[int, int] | None = None
    skipped: Skipped = field(default_factory=Skipped)
    patient: bool = False

    def __iter__(self) -> Iterator[Listing]:
        root = os.path.realpath(self.root)
        outside = _Outside(root)
        waiting = [""]
        while waiting:
            listing = self._list(waiting.pop(), outside)
            if listing is not None:
                yield listing
                waiting += (os.path.join(listing.folder, name) for name in reversed(listing.subfolders))

    def _list(self, folder: str, outside: _Outside) -> Listing | None:
        photos, subfolders = [], []
        try:
            with os.scandir(os.path.join(self.root, folder)) as entries:
                for entry in sorted(entries, key=lambda entry: os.fsencode(entry.name)):
                    if entry.name.startswith("."):
                        self.skipped.hidden += 1
                    elif self._is_folder(entry):
                        if self.recursive and self._is_to_be_entered(entry, folder, outside):
                            subfolders.append(entry.name)
                    elif self._is_photo(entry, folder):
                        photos.append(entry.name)
        except OSError as error:
            if not folder and not self.patient:
                raise PhotoError(f"{self.root} cannot be read: {error.strerror}") from error
            self.skipped.unreadable[folder or "."] = f"the folder cannot be read: {error.strerror}"
            return None
        return Listing(folder, photos, subfolders)

    def _is_folder(self, entry: os.DirEntry[str]) -> bool:
        try:
            return entry.is_dir()
        except OSError:  # a link that leads to itself
            return False

    def _is_to_be_entered(self, entry: os.DirEntry[str], folder: str, outside: _Outside) -> bool:
        linked = entry.is_symlink()
        if self.excluded is None and not linked and folder not in outside.folders:
            return True
        status = entry.stat()
        identity = (status.st_dev, status.st_ino)
        if identity == self.excluded:
            return False
        elsewhere = linked or folder in outside.folders
        if elsewhere and not outside.enter(entry.path, os.path.join(folder, entry.name), identity):
            self.skipped.linked_twice += 1
            return False
        return True

    def _is_photo(self, entry: os.DirEntry[str], folder: str) -> bool:
        if not is_photo_name(entry.name) or not _is_readable(entry):
            self.skipped.not_photos += 1
            return False
        if not matches(entry.name, folder, self.patterns):
            self.skipped.not_matching += 1
            return False
        return True


@dataclass
class _Outside:
    """The folders outside `root` that links have led to, and those below them: `folders` by their path in the walk."""

    root: str
    folders: set[str] = field(default_factory=set)
    seen: set[tuple[int, int]] = field(default_factory=set)

    def enter(self, path: str, folder: str, identity: tuple[int, int]) -> bool:
        """Whether to go on there: not where the walk has been, or comes anyhow."""
        target = os.path.realpath(path)
        inside = target == self.root or target.startswith(os.path.join(self.root, ""))
        if identity in self.seen or inside or self.root.startswith(os.path.join(target, "")):
            return False
        self.seen.add(identity)
        self.folders.add(folder)
        return True


def is_photo_name(name: str) -> bool:
    """Whether a file is taken for a photo: by its suffix, as opening every file of an archive would take hours."""
    return os.path.splitext(name)[1].lower() in READ_SUFFIXES


def _is_readable(entry: os.DirEntry[str]) -> bool:
    """A regular file, or a broken link, for its reader to complain of; a pipe would be waited on for ever."""
    try:
        return entry.is_file() or not os.path.exists(entry.path)
    except OSError:
        return True


def matches(name: str, folder: str, patterns: tuple[str, ...]) -> bool:
    """Whether the name, or the path where a pattern has a slash, is like one of the patterns; there may be none."""
    path = os.path.join(folder, name)
    return not patterns or any(fnmatch.fnmatchcase(path if "/" in pattern else name, pattern) for pattern in patterns)
