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
from colorizer_cli.errors import AlreadyInColourError, ColorizerError, OutputError

if TYPE_CHECKING:
    from colorizer_cli.engine.colorizer import Colorizer


def colorizing(recipe: Recipe, backend: str, device: str, source: str, output: str) -> Callable[[Task], Outcome]:
    """Loads the network, on one thread. → the function that colours a photo of `source` into `output`.

    It raises nothing: what goes wrong with a photo is its outcome. Raises WeightsError or BackendError here and now.
    """
    import cv2
    import pyvips

    from colorizer_cli.engine.colorizer import Colorizer

    cv2.setNumThreads(1)  # the cores are busy with other photos
    pyvips.cache_set_max(0)  # no photo comes twice; a cache would only hold files open
    colorizer = Colorizer(recipe.weights, backend, device, threads=1)

    def colour(task: Task) -> Outcome:
        started = time.perf_counter()
        try:
            return _colour(task, colorizer, recipe, source, output, started)
        except Exception as error:
            return _failure(task, error, source, output, time.perf_counter() - started)

    return colour


def _colour(task: Task, colorizer: Colorizer, recipe: Recipe, source: str, output: str, started: float) -> Outcome:
    from colorizer_cli.engine.knowledge import informed
    from colorizer_cli.engine.pages import coloured_pages
    from colorizer_cli.engine.series import own_palette, with_shared
    from colorizer_cli.engine.triage import check_colourable
    from colorizer_cli.photo.reading import read_photo
    from colorizer_cli.photo.writing import write_pages

    photo_path, result_path = os.path.join(source, task.photo), os.path.join(output, task.result)
    photo = read_photo(photo_path, max_pixels=recipe.max_pixels)
    identity = Identity.of(os.stat(photo_path), _sha256(photo_path))  # before the pixels: a later change shows
    if task.known is not None and task.known.sha256 == identity.sha256:
        written = Identity.of(os.stat(result_path))
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
        settings = informed(settings, colorizer.weights, hints_beside(photo_path))
    _make_folder(os.path.dirname(result_path))
    pages = coloured_pages(colorizer, photo, settings, strip_metadata=recipe.strip_metadata)
    coloured = next(pages)
    write_pages(
        itertools.chain([coloured], pages),
        result_path,
        quality=recipe.quality,
        progressive=recipe.progressive,
        overwrite=task.overwrite,
    )
    return Outcome(
        task,
        time.perf_counter() - started,
        identity,
        Identity.of(os.stat(result_path)),
        confidence=None if coloured.confidence is None else round(coloured.confidence, 4),
        width=photo.width,
        height=photo.height,
    )


def _failure(task: Task, error: Exception, source: str, output: str, seconds: float) -> Outcome:
    photo = os.path.join(source, task.photo)
    message = str(error) if isinstance(error, ColorizerError) else f"{type(error).__name__}: {error}"
    reason = _why_output_is_unusable(photo, output) if isinstance(error, OutputError | OSError) else None
    if reason is not None and reason not in message:
        message += f": {reason}"
    return Outcome(
        task,
        seconds,
        identity=identify(photo),
        error=" ".join(message.split("\n")),
        stops_run=reason is not None,
    )


def identify(path: str) -> Identity | None:
    """Size and time of a file, without its hash; None where it is gone."""
    try:
        return Identity.of(os.stat(path))
    except OSError:
        return None


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
    except ColorizerError:
        return 0
    return photo.width * photo.height * (4 if photo.has_alpha else 3) * photo.bits // 8
