"""Coloured photo → file: whole or absent. A temporary file in the same folder, synced, then renamed."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyvips

from colorizer_cli.errors import OutputError, UsageError
from colorizer_cli.photo.coloured import ColouredPhoto
from colorizer_cli.photo.failures import last_line
from colorizer_cli.photo.formats import DEEP_FORMATS, FORMATS, QUALITY, Format
from colorizer_cli.photo.streaming import StripSource
from colorizer_cli.photo.temporary import SUFFIX, temporary_prefix

JPEG_XMP_BYTES = 59_000  # of a segment's 65,535, with room for what libvips puts around it
BIGTIFF_BYTES = 3_900_000_000  # a classic TIFF ends at 4 GiB


def output_format(path: str | Path) -> Format:
    """The format that a path's suffix names. Raises UsageError with the suffixes there are."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UsageError(f"{path}: unknown suffix {suffix!r}; expected one of {' '.join(FORMATS)}")
    return FORMATS[suffix]


def check_output(path: str | Path, original: str | Path | None = None, overwrite: bool = False) -> None:
    """Raises what `write_photo` would have to, before any work is done; UsageError where `path` is the original."""
    path = Path(path)
    if os.path.isdir(path):
        raise OutputError(f"{path} is a folder; give a file name")
    output_format(path)
    if not os.path.isdir(path.parent):
        raise OutputError(f"{path.parent}: no such folder; create it first")
    if original is not None and os.path.exists(path) and os.path.exists(original) and os.path.samefile(path, original):
        raise UsageError(f"{path} is the original, which is never overwritten; choose another name")
    if os.path.lexists(path) and not overwrite:
        raise OutputError(f"{path} exists already; choose another name or add --overwrite")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OutputError(f"{path.parent} cannot be written to: permission denied")


def write_photo(photo: ColouredPhoto, path: str | Path, *, quality: int = QUALITY, overwrite: bool = False) -> None:
    """Writes the photo in the format of the path's suffix; JPEG and WebP hold 8 bits, PNG and TIFF keep 16.

    `quality` is JPEG's and WebP's, 1…100. The file appears under its name only when it is whole.
    Raises UsageError (unknown suffix), OutputError (folder missing or not writable, file exists and not `overwrite`,
    disk full) and what reading the original raises; leaves nothing behind.
    """
    check_output(path, photo.original.path, overwrite)
    path = Path(path)
    with _temporary(path) as (temporary, target):
        _save(photo, output_format(path), target, quality, str(path))
        _publish(temporary, path, overwrite)


def write_image(
    image: pyvips.Image, path: str | Path, *, original: Path | None = None, overwrite: bool = False
) -> None:
    """Writes a small image (a sheet, a map) of the photo `original` as `write_photo` does a photo."""
    check_output(path, original, overwrite)
    path = Path(path)
    with _temporary(path) as (temporary, target):
        saver, options = _saver(output_format(path), QUALITY, image.width * image.height * image.bands)
        try:
            pyvips.Operation.call(saver, image, target, **options)
        except pyvips.Error as error:
            raise _explained(error, str(path)) from error
        _publish(temporary, path, overwrite)


def write_stdout(photo: ColouredPhoto, form: Format, *, quality: int = QUALITY) -> None:
    """Writes the photo to stdout. Nothing is sent before the whole of it has been computed and encoded."""
    target = pyvips.Target.new_to_memory()
    _save(photo, form, target, quality, "stdout")
    try:
        sys.stdout.buffer.write(target.get("blob"))
        sys.stdout.buffer.flush()
    except OSError as error:
        raise OutputError(f"stdout cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[tuple[Path, pyvips.Target]]:
    """A new, empty, hidden file beside `path`, and libvips' way to it; gone afterwards, unless it has been renamed."""
    try:
        handle, name = tempfile.mkstemp(prefix=temporary_prefix(path), suffix=SUFFIX, dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    temporary = Path(name)
    try:
        # through the descriptor: libvips takes no file names that are not UTF-8
        target = pyvips.Target.new_to_descriptor(handle)
        os.close(handle)  # libvips has its own copy
        yield temporary, target
    finally:
        temporary.unlink(missing_ok=True)


def _publish(temporary: Path, path: Path, overwrite: bool) -> None:
    try:
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp's files are for their owner alone
        if overwrite:
            os.replace(temporary, path)
            return
        try:
            os.link(temporary, path)  # unlike a rename, fails where a file has appeared meanwhile
        except FileExistsError as error:
            raise OutputError(f"{path} has appeared meanwhile; nothing was written") from error
        except OSError:  # a file system without hard links
            os.replace(temporary, path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current


def _save(photo: ColouredPhoto, form: Format, target: pyvips.Target, quality: int, name: str) -> None:
    """Runs the encoder in a thread of its own: Ctrl-C reaches the main thread, which no C code is holding."""
    _check_xmp(photo, form, name)
    source = StripSource(photo.strips(), photo.width, photo.height, photo.bands, photo.bits, photo.strip_rows)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            image = photo.metadata.attach(_fitting(source.image(), form), form)
            saver, options = _saver(form, quality, photo.width * photo.height * photo.bands * photo.bits // 8)
            pyvips.Operation.call(saver, image, target, keep="all", **options)
        except BaseException as failure:
            failures.append(failure)

    worker = threading.Thread(target=work, name="encoder", daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(0.1)
    except BaseException:
        source.cancel()
        worker.join()
        raise
    finally:
        source.close()
    if source.failure is not None:
        raise source.failure
    if failures:
        raise _explained(failures[0], name)


def _check_xmp(photo: ColouredPhoto, form: Format, name: str) -> None:
    """libvips drops XMP that does not fit into one JPEG segment, and the provenance with it: better no output."""
    size = len(photo.metadata.xmp or b"")
    if form == "jpeg" and size > JPEG_XMP_BYTES:
        raise OutputError(
            f"{name}: {size} bytes of XMP do not fit into a JPEG (at most {JPEG_XMP_BYTES}); write a TIFF or PNG"
        )


def _fitting(image: pyvips.Image, form: Format) -> pyvips.Image:
    """8 bits where the format holds no more; white under what is transparent where it holds no alpha."""
    if image.format == "ushort" and form not in DEEP_FORMATS:
        image = (image / 257).rint().cast("uchar").copy(interpretation="srgb")
    if image.hasalpha() and form == "jpeg":
        image = image.flatten(background=255)
    return image


def _saver(form: Format, quality: int, size: int) -> tuple[str, dict[str, Any]]:
    if form == "jpeg":
        return "jpegsave_target", {"Q": quality, "subsample_mode": "off"}
    if form == "webp":
        return "webpsave_target", {"Q": quality}
    if form == "png":
        return "pngsave_target", {"compression": 6}
    return "tiffsave_target", {
        "compression": "deflate",
        "predictor": "horizontal",
        "bigtiff": size > BIGTIFF_BYTES,
    }


def _explained(failure: BaseException, name: str) -> BaseException:
    if isinstance(failure, pyvips.Error):
        return OutputError(f"{name} could not be written: {last_line(failure)}")
    return failure
