"""One photo of a batch, from file to file: what a worker does, wherever it runs."""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from colorizer_cli.batch.job import Identity, Outcome, Recipe, Task, hints_beside
from colorizer_cli.batch.transfer import LocalFiles, Transfer
from colorizer_cli.errors import AlreadyInColourError, ColorizerError, OutputError, StorageError
from colorizer_cli.storage.address import is_url

if TYPE_CHECKING:
    from colorizer_cli.engine.colorizer import Colorizer


def colorizing(recipe: Recipe, backend: str, device: str, source: str, output: str) -> Callable[[Task], Outcome]:
    """Loads the network, on one thread. → the function that colours a photo of `source` into `output`: folders, or
    URLs of stores.

    It raises nothing: what goes wrong with a photo is its outcome. Raises WeightsError, BackendError or StorageError
    here and now.
    """
    import cv2
    import pyvips

    from colorizer_cli.engine.colorizer import Colorizer

    cv2.setNumThreads(1)  # the cores are busy with other photos
    pyvips.cache_set_max(0)  # no photo comes twice; a cache would only hold files open
    colorizer = Colorizer(recipe.weights, backend, device, threads=1)
    transfer = Transfer(source, output)

    def colour(task: Task) -> Outcome:
        started, files = time.perf_counter(), None
        try:
            files = transfer.fetch(task)
            return _colour(task, colorizer, recipe, transfer, files, started)
        except Exception as error:
            return _failure(task, error, transfer, files, time.perf_counter() - started)
        finally:
            transfer.clear()

    return colour


def _colour(
    task: Task, colorizer: Colorizer, recipe: Recipe, transfer: Transfer, files: LocalFiles, started: float
) -> Outcome:
    from colorizer_cli.engine.knowledge import informed
    from colorizer_cli.engine.pages import coloured_pages
    from colorizer_cli.engine.series import own_palette, with_shared
    from colorizer_cli.engine.triage import check_colourable
    from colorizer_cli.photo.reading import read_photo
    from colorizer_cli.photo.writing import write_pages

    photo = read_photo(files.photo, max_pixels=recipe.max_pixels)
    identity = _identity(files)  # before the pixels: a later change shows
    if task.known is not None and task.known.sha256 == identity.sha256:
        written = transfer.delivered(task, files)
        if written is not None:
            return Outcome(task, time.perf_counter() - started, identity, written, unchanged=True)
    if not recipe.force:
        try:
            check_colourable(photo)
        except AlreadyInColourError:
            return Outcome(task, time.perf_counter() - started, identity, left_alone=True)
    settings = recipe.settings
    if task.glance:
        palette = own_palette(colorizer, photo, settings)
        return Outcome(task, time.perf_counter() - started, identity, palette=palette.frequencies)
    if task.palette is not None:
        settings = with_shared(settings, task.palette)
    if task.hints is not None:
        settings = informed(settings, colorizer.weights, hints_beside(files.photo))
    _make_folder(os.path.dirname(files.result))
    pages = coloured_pages(colorizer, photo, settings, strip_metadata=recipe.strip_metadata)
    coloured = next(pages)
    write_pages(
        itertools.chain([coloured], pages),
        files.result,
        quality=recipe.quality,
        progressive=recipe.progressive,
        overwrite=task.overwrite,
    )
    return Outcome(
        task,
        time.perf_counter() - started,
        identity,
        transfer.deliver(task, files),
        confidence=None if coloured.confidence is None else round(coloured.confidence, 4),
        width=photo.width,
        height=photo.height,
    )


def _failure(task: Task, error: Exception, transfer: Transfer, files: LocalFiles | None, seconds: float) -> Outcome:
    message = str(error) if isinstance(error, ColorizerError) else f"{type(error).__name__}: {error}"
    photo = "" if files is None else files.photo
    if photo:
        message = message.replace(photo, transfer.shown(task))
    reason = None
    if isinstance(error, OutputError | OSError) or (isinstance(error, StorageError) and not error.passing):
        reasons = (_why_output_is_unusable(photo, folder) for folder in transfer.folders)
        reason = next((reason for reason in reasons if reason is not None), None)
    if reason is not None and reason not in message:
        message += f": {reason}"
    return Outcome(
        task,
        seconds,
        identity=_identity_of_failed(task, error, files),
        error=" ".join(message.split("\n")),
        stops_run=reason is not None or (isinstance(error, StorageError) and error.refused and error.writing),
        uncertain=isinstance(error, StorageError) and error.writing,
    )


def _identity_of_failed(task: Task, error: Exception, files: LocalFiles | None) -> Identity | None:
    """None where the store is to blame: then the next run tries the photo again."""
    if isinstance(error, StorageError):
        return None
    if task.listed is not None:
        return task.listed if files is None or files.stored is None else Identity.of_stored(files.stored)
    return None if files is None else identify(files.photo)


def _identity(files: LocalFiles) -> Identity:
    sha256 = _sha256(files.photo)
    if files.stored is not None:
        return Identity.of_stored(files.stored, sha256)
    return Identity.of(os.stat(files.photo), sha256)


def identify(path: str) -> Identity | None:
    """Size and time of a file, without its hash; None where it is gone."""
    try:
        return Identity.of(os.stat(path))
    except OSError:
        return None


def may_be_written(output: str, result: str) -> bool:
    """Whether a worker that was lost may have come to the end of a result."""
    return is_url(output) or os.path.lexists(os.path.join(output, result))


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be created: {error.strerror}") from error


def _why_output_is_unusable(photo: str, output: str) -> str | None:
    """Why the next photo would fail like this one: the disk is full, gone or read-only. None: it need not.

    libvips does not pass the system's reason on, and what was written has been removed again: so the room that is
    left is compared with the photo's pixels, and a megabyte is written for a trial.
    """
    try:
        if shutil.disk_usage(output).free < _pixel_bytes(photo):
            return os.strerror(errno.ENOSPC)
        with tempfile.TemporaryFile(dir=output) as probe:
            probe.write(bytes(2**20))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return None


def _pixel_bytes(path: str) -> int:
    from colorizer_cli.photo.reading import read_photo

    try:
        photo = read_photo(path)
    except (ColorizerError, OSError):
        return 0
    return photo.width * photo.height * (4 if photo.has_alpha else 3) * photo.bits // 8
