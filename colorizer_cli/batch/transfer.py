"""A photo's way to a worker and its result's way back: nothing to do for folders, whole copies for stores."""

from __future__ import annotations

import os
from dataclasses import dataclass

from colorizer_cli.batch.job import Identity, Task, hints_beside
from colorizer_cli.errors import OutputError, PhotoError
from colorizer_cli.storage.address import is_url, shown
from colorizer_cli.storage.items import Stored
from colorizer_cli.storage.opening import open_store
from colorizer_cli.storage.staging import Staging
from colorizer_cli.storage.store import Store


@dataclass(frozen=True)
class LocalFiles:
    """Where a task's photo lies and its result is to be written, on this machine; hints lie beside the photo.

    stored   what the store said of the photo as it is here
    """

    photo: str
    result: str
    stored: Stored | None = None


class Transfer:
    """Between a worker and the two places of a run; one photo at a time, which takes its room on the local disk."""

    def __init__(self, source: str, output: str) -> None:
        self._places = source, output
        self._source: Store | None = open_store(source) if is_url(source) else None
        self._output: Store | None = open_store(output) if is_url(output) else None
        self._staging = Staging() if self._source or self._output else None

    @property
    def folders(self) -> list[str]:
        """Local folders that have to be written to."""
        staging = [] if self._staging is None else [self._staging.folder]
        return staging if self._output else [self._places[1], *staging]

    def shown(self, task: Task) -> str:
        """The photo, for messages."""
        return shown(self._places[0], task.photo)

    def fetch(self, task: Task) -> LocalFiles:
        """Raises PhotoError where the photo is gone, StorageError."""
        source, output = self._places
        photo, result, stored = os.path.join(source, task.photo), os.path.join(output, task.result), None
        if self._staging is not None and self._output is not None:
            result = self._staging.file("result" + os.path.splitext(task.result)[1])
        if self._staging is not None and self._source is not None:
            photo = self._staging.file("photo" + os.path.splitext(task.photo)[1])
            listed = None if task.listed is None else Stored(task.listed.size, task.listed.mtime, task.listed.tag)
            try:
                stored = self._source.fetch(task.photo, photo, listed)
                if task.hints is not None and not task.glance:
                    self._source.fetch(hints_beside(task.photo), hints_beside(photo))
            except FileNotFoundError as error:
                raise PhotoError(f"{self.shown(task)}: no such object; it has gone since it was listed") from error
        return LocalFiles(photo, result, stored)

    def deliver(self, task: Task, files: LocalFiles) -> Identity:
        """The result, where it belongs, as a whole. → what it is there. Raises StorageError or OutputError."""
        if self._output is None:
            return Identity.of(os.stat(files.result))
        try:
            return Identity.of_stored(self._output.upload(files.result, task.result, create=not task.overwrite))
        except FileExistsError as error:
            raise OutputError(
                f"{self._output.shown(task.result)} has appeared meanwhile, and is not replaced without --overwrite"
            ) from error

    def delivered(self, task: Task, files: LocalFiles) -> Identity | None:
        """What the result is that was there before; None where it has gone."""
        if self._output is None:
            return Identity.of(os.stat(files.result)) if os.path.isfile(files.result) else None
        stored = self._output.info(task.result)
        return None if stored is None else Identity.of_stored(stored)

    def clear(self) -> None:
        """Removes the local copies, whatever has become of them."""
        if self._staging is not None:
            self._staging.clear()
