"""The photos below a URL, a page at a time: of a folder with millions only some thousand names are held."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from colorizer_cli.batch.job import hints_beside
from colorizer_cli.batch.walk import Listing, Skipped, is_photo_name, matches
from colorizer_cli.errors import StorageError
from colorizer_cli.storage.items import Item, Stored
from colorizer_cli.storage.store import Store

LEAST = 1000  # names in a part of a folder, but for its last one
HINTS = hints_beside("")
NO_NAME = 'a folder without a name ("//" in the key) is not supported'


@dataclass
class RemoteWalk:
    """Walks a store from the top as `Walk` walks folders; hidden names and the folder `excluded` are skipped.

    entire   hold each folder as a whole: for palettes of folders, and for a disk that cannot tell a from A

    A folder is divided where nothing that comes behind can have to do with what came before: names that agree up to
    their suffix follow each other in the order of bytes, with what stands between "a.bmp" and "a.png".
    """

    store: Store
    recursive: bool = True
    patterns: tuple[str, ...] = ()
    excluded: str | None = None
    skipped: Skipped = field(default_factory=Skipped)
    entire: bool = False

    def __iter__(self) -> Iterator[Listing]:
        open_folders = [self._parts("")]
        while open_folders:
            listing = next(open_folders[-1], None)
            if listing is None:
                open_folders.pop()
                continue
            yield listing
            below = [os.path.join(listing.folder, name) for name in listing.subfolders]
            open_folders.append(chain.from_iterable(map(self._parts, below)))

    def _parts(self, folder: str) -> Iterator[Listing]:
        """The folder's listings. An unreadable one is noted, but for the root, which raises."""
        part: list[Item] = []
        stems: list[str] = []  # of photos that later names may belong to
        first = True
        try:
            for item in self.store.items(folder):
                while stems and not item.name.startswith(stems[-1] + "."):
                    stems.pop()
                if len(part) >= LEAST and not stems and not self.entire:
                    yield self._listing(folder, part, whole=False, last=False)
                    part, first = [], False
                if item.stored is not None and is_photo_name(item.name):
                    stems.append(os.path.splitext(item.name)[0])
                part.append(item)
        except StorageError as error:
            if not folder:
                raise
            self.skipped.unreadable[folder] = str(error)
            part = []  # names given without knowing the others could clash with theirs
        yield self._listing(folder, part, whole=first, last=True)

    def _listing(self, folder: str, part: list[Item], whole: bool, last: bool) -> Listing:
        photos: list[str] = []
        subfolders: list[str] = []
        found: dict[str, Stored] = {}
        for name, stored in part:
            if name.startswith("."):
                self.skipped.hidden += 1
            elif stored is None:
                if not name:
                    self.skipped.unreadable[f"{folder}/"] = NO_NAME
                elif self.recursive and os.path.join(folder, name) != self.excluded:
                    subfolders.append(name)
            elif self._is_photo(name, folder):
                photos.append(name)
                found[name] = stored
            elif name.endswith(HINTS):
                found[name] = stored
        return Listing(folder, photos, subfolders, found, whole, last)

    def _is_photo(self, name: str, folder: str) -> bool:
        if not is_photo_name(name):
            self.skipped.not_photos += 1
            return False
        if not matches(name, folder, self.patterns):
            self.skipped.not_matching += 1
            return False
        return True
