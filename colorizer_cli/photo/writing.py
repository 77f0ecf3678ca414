"""Coloured photo → file: whole or absent. A temporary file in the same folder, synced, then renamed."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyvips

from colorizer_cli.errors import OutputError, UsageError
from colorizer_cli.photo.coloured import ColouredPhoto
from colorizer_cli.photo.content_credentials import Certificate, sign
from colorizer_cli.photo.encoding import Encoding, check_encoder, saver
from colorizer_cli.photo.failures import last_line
from colorizer_cli.photo.formats import FORMATS, QUALITY, Format
from colorizer_cli.photo.photo import Photo
from colorizer_cli.photo.saving import save
from colorizer_cli.photo.temporary import SUFFIX, temporary_prefix

_UMASK = threading.Lock()


def output_format(path: str | Path) -> Format:
    """The format that a path's suffix names. Raises UsageError with the suffixes there are."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UsageError(f"{path}: unknown suffix {suffix!r}; expected one of {' '.join(FORMATS)}")
    return FORMATS[suffix]


def check_output(path: str | Path, original: str | Path | None = None, overwrite: bool = False) -> None:
    """Raises what `write_photo` would have to, before any work is done; UsageError where `path` is the original."""
    output_format(path)
    check_place(path, original, overwrite)


def check_sheet(path: str | Path, original: str | Path | None = None, overwrite: bool = False) -> None:
    """`check_output` for what `write_image` writes."""
    if output_format(path) == "heic":
        raise UsageError(f"{path}: sheets and maps are not written as HEIC; choose .jpg, .png, .tif, .webp or .avif")
    check_place(path, original, overwrite)


def check_place(path: str | Path, original: str | Path | None = None, overwrite: bool = False) -> None:
    """`check_output` for a file that is no photo."""
    path = Path(path)
    if os.path.isdir(path):
        raise OutputError(f"{path} is a folder; give a file name")
    if not os.path.isdir(path.parent):
        raise OutputError(f"{path.parent}: no such folder; create it first")
    if original is not None and is_same_file(path, original):
        raise UsageError(f"{path} is the original, which is never overwritten; choose another name")
    if os.path.lexists(path) and not overwrite:
        raise OutputError(f"{path} exists already; choose another name or add --overwrite")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OutputError(f"{path.parent} cannot be written to: permission denied")


def is_same_file(path: str | Path, other: str | Path) -> bool:
    """Whether both are there, and one file under two names or one."""
    return os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other)


def write_photo(
    photo: ColouredPhoto,
    path: str | Path,
    *,
    quality: int = QUALITY,
    progressive: bool = False,
    overwrite: bool = False,
) -> None:
    """Writes the photo in the format of the path's suffix; PNG and TIFF keep 16 bits, AVIF 12, the others hold 8.

    `quality` is that of the lossy formats, 1…100. The file appears under its name only when it is whole.
    Raises UsageError (unknown suffix; one page of a TIFF that holds several), OutputError (folder missing or not
    writable, file exists and not `overwrite`, disk full) and what reading the original raises; leaves nothing behind.
    """
    if photo.original.pages > 1:
        raise UsageError(f"{photo.original.name} holds {photo.original.pages} photos; write_pages keeps them together")
    write_pages([photo], path, quality=quality, progressive=progressive, overwrite=overwrite)


def write_pages(
    photos: Iterable[ColouredPhoto],
    path: str | Path,
    *,
    quality: int = QUALITY,
    progressive: bool = False,
    overwrite: bool = False,
    certificate: Certificate | None = None,
    report: Callable[[float], None] | None = None,
) -> None:
    """`write_photo` for all the photos of one file: several need a TIFF. They may be made while they are written.
    `certificate` signs the result; `report` is told how much of each page is done, 0…1."""
    pages = iter(photos)
    first = next(pages)
    check_output(path, first.original.path, overwrite)
    check_encoder(output_format(path), path, first.width, first.height)
    path = Path(path)
    with _temporary(path) as temporary:
        save(first, pages, output_format(path), temporary, Encoding(quality, progressive, report), str(path))
        if certificate is not None:
            sign(temporary, output_format(path), certificate, first.metadata.xmp, path.name)
        _publish(temporary, path, overwrite)


def write_image(
    image: pyvips.Image, path: str | Path, *, original: Path | None = None, overwrite: bool = False
) -> None:
    """Writes a small image (a sheet, a map) of the photo `original` as `write_photo` does a photo."""
    check_sheet(path, original, overwrite)
    path, form = Path(path), output_format(path)
    with _temporary(path) as temporary:
        operation, options = saver(form, Encoding(), image.width * image.height * image.bands)
        try:
            with open(temporary, "wb") as file:
                pyvips.Operation.call(operation, image, pyvips.Target.new_to_descriptor(file.fileno()), **options)
        except pyvips.Error as error:
            raise OutputError(f"{path} could not be written: {last_line(error)}") from error
        _publish(temporary, path, overwrite)


def write_bytes(data: bytes, path: str | Path, *, original: Path | None = None, overwrite: bool = False) -> None:
    """Writes a sidecar of the photo `original` as `write_photo` does a photo."""
    check_place(path, original, overwrite)
    path = Path(path)
    with _temporary(path) as temporary:
        temporary.write_bytes(data)
        _publish(temporary, path, overwrite)


def write_stdout(
    photos: Iterable[ColouredPhoto], form: Format, *, quality: int = QUALITY, progressive: bool = False
) -> None:
    """Writes to stdout. Nothing is sent before the whole of it has been computed and encoded, into a temporary file."""
    if sys.stdout is None:
        raise OutputError("stdout is closed; give -o a name")
    pages = iter(photos)
    with tempfile.TemporaryDirectory(prefix="colorize-") as folder:
        temporary, first = Path(folder) / "photo", next(pages)
        check_encoder(form, "stdout", first.width, first.height)
        save(first, pages, form, temporary, Encoding(quality, progressive), "stdout")
        with open(temporary, "rb") as file:
            _to_stdout(file)


def pass_on(photo: Photo, form: Format) -> None:
    """The file of `photo` to stdout, byte for byte: what is left alone still has to come out of a pipe.

    Raises OutputError where it is of another format than the one that stdout was to get.
    """
    if photo.format != form:
        raise OutputError(
            f"{photo.name} is in colour already, and is passed on as it is, but it is {photo.format.upper()} and not "
            f"{form.upper()}; leave --format away, or add --force to colour it"
        )
    _to_stdout(io.BytesIO(photo.encoded()))


def _to_stdout(file: BinaryIO) -> None:
    if sys.stdout is None:
        raise OutputError("stdout is closed; give -o a name")
    try:
        shutil.copyfileobj(file, sys.stdout.buffer, 2**20)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise OutputError(f"stdout cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A new, empty, hidden file beside `path`; gone afterwards, unless it has been renamed."""
    try:
        handle, name = tempfile.mkstemp(prefix=temporary_prefix(path), suffix=SUFFIX, dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _publish(temporary: Path, path: Path, overwrite: bool) -> None:
    try:
        with open(temporary, "r+b") as written:
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
    with _UMASK:  # it can only be read by setting it: of two threads, one would take the other's for the process's
        current = os.umask(0o022)
        os.umask(current)
    return current
