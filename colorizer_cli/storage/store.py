"""A store, from one URL downward: whatever fsspec can reach."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import Any

from colorizer_cli.errors import StorageError
from colorizer_cli.storage.address import is_unicode, shown
from colorizer_cli.storage.faults import attempt
from colorizer_cli.storage.items import Item, Stored, stored

ROUNDS = 3  # for an object that changes, or whose size is not what it should be


class Store:
    """Objects below `url`, by their names from there on ("" is the URL itself); "/" divides folders.

    What goes wrong is a StorageError, after it was tried again where that may help (see `attempt`).
    """

    creates_alone = False  # whether `write(…, create=True)` is one step, that of two at once only one can win
    lists_pages = False  # whether a folder is listed page by page; else its listing is held as a whole

    def __init__(self, system: Any, root: str, url: str) -> None:
        self.system = system
        self.root = root.rstrip("/")
        self.url = url.rstrip("/")

    def path(self, name: str) -> str:
        """As the file system has it. Raises StorageError for a name that is not Unicode."""
        if not is_unicode(name):
            raise StorageError(f"{name!a} is not UTF-8, as names in stores have to be")
        return f"{self.root}/{name}" if name else self.root

    def shown(self, name: str = "") -> str:
        """For messages."""
        return shown(self.url, name)

    def same_place(self, other: Store) -> bool:
        return type(self.system) is type(other.system) and self.root == other.root

    def below(self, other: Store) -> str | None:
        """This place's name in the other one; None where it lies elsewhere."""
        if type(self.system) is not type(other.system) or not self.root.startswith(f"{other.root}/"):
            return None
        return self.root[len(other.root) + 1 :]

    def items(self, folder: str, first: str = "", last: str | None = None) -> Iterator[Item]:
        """The folder's names in the order of their bytes (a folder's name as if it ended in "/"), from `first` up to
        `last`. Nothing where there is no such folder."""
        listed = attempt(lambda: self._listed(folder), f"listing {self.shown(folder)}")
        for item in sorted(listed, key=lambda item: item.name + "/" * (item.stored is None)):
            if item.name >= first and (last is None or item.name <= last):
                yield item

    def _listed(self, folder: str) -> list[Item]:
        path = self.path(folder)
        try:
            infos = self.system.ls(path, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = []
        for info in infos:
            name = info["name"].rstrip("/").rpartition("/")[2]
            if info["name"].strip("/") != path.strip("/"):
                found.append(Item(name, None if info["type"] == "directory" else stored(info)))
        return found

    def info(self, name: str) -> Stored | None:
        """None where there is no such object."""
        path = self.path(name)
        try:
            info = attempt(lambda: self.system.info(path), f"looking for {self.shown(name)}")
        except FileNotFoundError:
            return None
        return None if info["type"] == "directory" else stored(info)

    def read(self, name: str) -> bytes | None:
        """The content of a small object; None where there is none."""
        path = self.path(name)
        try:
            return bytes(attempt(lambda: self.system.cat_file(path), f"reading {self.shown(name)}"))
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes, create: bool = False) -> None:
        """A small object, whole or not at all. `create`: raises FileExistsError where there is one."""
        path = self.path(name)
        attempt(lambda: self._write(path, content, create), f"writing {self.shown(name)}", writing=True)

    def _write(self, path: str, content: bytes, create: bool) -> None:
        self._make_parent(path)
        if create and self.system.exists(path):
            raise FileExistsError(path)
        self.system.pipe_file(path, content)

    def remove(self, name: str) -> None:
        """Does nothing where there is none."""
        path = self.path(name)
        try:
            attempt(lambda: self.system.rm_file(path), f"removing {self.shown(name)}", writing=True)
        except FileNotFoundError:
            return

    def fetch(self, name: str, file: str, listed: Stored | None = None) -> Stored:
        """The object, whole, into a local file. → what it was. Raises FileNotFoundError.

        `listed`: what a listing said. Size and tag are compared afterwards: an object that changes meanwhile, or comes
        short, is fetched again.
        """
        path, before, what = self.path(name), listed, f"fetching {self.shown(name)}"
        for _ in range(ROUNDS):
            attempt(lambda: self.system.get_file(path, file), what)
            now = attempt(lambda: stored(self.system.info(path)), what)
            if before in (None, now) and os.path.getsize(file) == now.size:
                return now
            before = now
        raise StorageError(f"{what} failed {ROUNDS} times: it changes, or comes short", passing=True)

    def upload(self, file: str, name: str, create: bool = False) -> Stored:
        """A local file as an object, which appears when it is complete. → what the store says of it.

        `create`: raises FileExistsError where there is an object with other content.
        """
        path, size, what = self.path(name), os.path.getsize(file), f"writing {self.shown(name)}"
        for _ in range(ROUNDS):
            attempt(lambda: self._put_or_find(file, path, create), what, writing=True)
            written = attempt(lambda: stored(self.system.info(path)), what, writing=True)
            if written.size == size:
                return written
        raise StorageError(f"{what} failed: the store has {written.size} bytes of {size}", passing=True, writing=True)

    def _put_or_find(self, file: str, path: str, create: bool) -> None:
        try:
            self._put(file, path, create)
        except FileExistsError:  # of an earlier try, whose answer was lost?
            if not self._holds(path, file):
                raise

    def _put(self, file: str, path: str, create: bool) -> None:
        self._make_parent(path)
        if create and self.system.exists(path):
            raise FileExistsError(path)
        self.system.put_file(file, path)

    def _holds(self, path: str, file: str) -> bool:
        if stored(self.system.info(path)).size != os.path.getsize(file):
            return False
        with open(file, "rb") as local, self.system.open(path, "rb") as there:
            digests = [hashlib.file_digest(content, "sha256").digest() for content in (local, there)]
        return digests[0] == digests[1]

    def _make_parent(self, path: str) -> None:
        """Needed by stores with true folders; object stores have none."""
        self.system.makedirs(path.rpartition("/")[0], exist_ok=True)

    def abort_uploads(self, names: Iterable[str]) -> int:
        """Removes what unfinished uploads to these names have left behind, where the store keeps such. → how many."""
        return 0
