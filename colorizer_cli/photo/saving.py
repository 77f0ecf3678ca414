"""Coloured photos → one encoded file at a given path: pixels through libvips, then what libvips cannot write."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.errors import OutputError, UsageError
from colorizer_cli.photo import avif_items, jpeg_segments, png_chunks, webp_chunks, xmp
from colorizer_cli.photo.coloured import ColouredPhoto
from colorizer_cli.photo.encoding import Encoding, fitting, largest_classic_tiff, saver
from colorizer_cli.photo.exif import MARK, SEGMENT, for_segment, resolution_of
from colorizer_cli.photo.exif_in_place import upright, with_resolution
from colorizer_cli.photo.failures import last_line
from colorizer_cli.photo.formats import Format
from colorizer_cli.photo.heic import save_heic
from colorizer_cli.photo.jpeg_segments import read_exif
from colorizer_cli.photo.metadata import Metadata
from colorizer_cli.photo.metadata_comparison import exif_differences
from colorizer_cli.photo.streaming import StripSource
from colorizer_cli.photo.tiff_pages import PageTags, join_pages

JPEG_XMP_BYTES = 59_000  # of a segment's 65,535, with room for what libvips puts around it
MOST_SUMMED = 500  # pages; a longer file becomes a BigTIFF without a look at each


def save(
    first: ColouredPhoto, others: Iterable[ColouredPhoto], form: Format, path: Path, encoding: Encoding, name: str
) -> None:
    """Writes the photo, and the other pages where it has such, to `path`. `name` is what messages call it.

    Raises OutputError, UsageError, and what reading the originals raises; files beside `path` are gone afterwards.
    """
    try:
        if form == "tiff":
            _save_tiff(first, others, path, encoding, name)
        elif first.original.pages > 1:
            raise UsageError(
                f"{first.original.name} holds {first.original.pages} photos, {form} one; write a TIFF (.tif)"
            )
        elif form == "heic":
            save_heic(first, path, encoding, name)
        else:
            _save_page(first, form, path, encoding, name)
            _complete(first, form, path)
    except OSError as error:
        raise OutputError(f"{name} could not be written: {error.strerror}") from error


def _save_tiff(
    first: ColouredPhoto, others: Iterable[ColouredPhoto], path: Path, encoding: Encoding, name: str
) -> None:
    big = _needs_bigtiff(first)
    _save_page(first, "tiff", path, encoding, name, big)
    with contextlib.ExitStack() as parts:
        pages, tags = [], [_page_tags(first)]
        for number, photo in enumerate(others, start=1):
            part = path.with_name(f"{path.name}.{number}")
            parts.callback(part.unlink, missing_ok=True)
            _save_page(photo, "tiff", part, encoding, name, big)
            pages.append(part)
            tags.append(_page_tags(photo))
        if pages or any(tags):
            join_pages(path, pages, tags)


def _needs_bigtiff(first: ColouredPhoto) -> bool:
    """All pages of a file are either in classic TIFF, which ends at 4 GiB, or in BigTIFF."""
    original, size = first.original, 0
    if original.read_page is None or original.pages == 1:
        return False
    for number in range(min(original.pages, MOST_SUMMED)):
        page = original.read_page(number)
        size += page.width * page.height * (4 if page.has_alpha else 3) * page.bits // 8
    return size > largest_classic_tiff(original.layout) or original.pages > MOST_SUMMED


def _page_tags(photo: ColouredPhoto) -> PageTags:
    return PageTags(
        exif=photo.metadata.exif,
        iptc=photo.metadata.iptc,
        comment="\n".join(photo.metadata.all_comments()) or None,
        subfile=photo.original.layout.subfile if photo.original.layout else 0,
    )


def _save_page(
    photo: ColouredPhoto, form: Format, path: Path, encoding: Encoding, name: str, big: bool = False
) -> None:
    """Runs the encoder in a thread of its own: Ctrl-C reaches the main thread, which no C code is holding."""
    metadata = photo.metadata
    strips = _reported(photo.strips(metadata.converted_profile), photo.height, encoding)
    source = StripSource(strips, photo.width, photo.height, photo.bands, photo.bits, photo.strip_rows)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            image = metadata.attach(fitting(source.image(), form), form)
            if form == "jpeg" and len(metadata.xmp or b"") > JPEG_XMP_BYTES:
                image.remove("xmp-data")  # libvips would drop it: `_complete_jpeg` writes it
            size = photo.width * photo.height * photo.bands * photo.bits // 8
            layout = photo.original.layout
            operation, options = saver(form, encoding, size, photo.bits, layout, photo.original.has_alpha)
            if big:
                options["bigtiff"] = True
            with open(path, "wb") as file:  # by descriptor: libvips takes no file names that are not UTF-8
                target = pyvips.Target.new_to_descriptor(file.fileno())
                pyvips.Operation.call(operation, image, target, keep="all", **options)
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


def _reported(strips: Iterator[NDArray[np.integer]], height: int, encoding: Encoding) -> Iterator[NDArray[np.integer]]:
    """The strips, told of as they go by."""
    done = 0
    for strip in strips:
        yield strip
        done += len(strip)
        if encoding.report is not None:
            encoding.report(done / height)


def _complete(photo: ColouredPhoto, form: Format, path: Path) -> None:
    """Adds what libvips has left out."""
    exif = _exif_beyond_libexif(photo.metadata) if form in ("jpeg", "png", "webp", "avif") else None
    if form == "jpeg":
        _complete_jpeg(photo, path, exif)
    elif form == "png" and (exif is not None or photo.metadata.png_texts()):
        png_chunks.insert(path, photo.metadata.png_texts(), exif and exif.removeprefix(MARK))
    elif form == "webp" and exif is not None:
        webp_chunks.replace_exif(path, exif.removeprefix(MARK))
    elif form == "avif" and exif is not None:
        avif_items.replace_exif(path, exif.removeprefix(MARK))


def _exif_beyond_libexif(metadata: Metadata) -> bytes | None:
    """The photo's own block, upright, where libvips would write less of it."""
    block = for_segment(metadata.exif)
    if block is None:
        return None
    tiny = metadata.attach(pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb"), "jpeg")
    written = read_exif(io.BytesIO(tiny.jpegsave_buffer(keep="exif")))
    if not exif_differences(block, written):
        return None
    own = upright(block, metadata.orientation)
    if own is not None and metadata.resolution_unit is not None and resolution_of(own) is None:
        complete = with_resolution(own, metadata.resolution, metadata.resolution_unit)
        return complete if complete is not None and len(complete) <= SEGMENT else own
    return own


def _complete_jpeg(photo: ColouredPhoto, path: Path, exif: bytes | None) -> None:
    """Comments, XMP that is larger than a segment, and `exif` in place of what there is."""
    metadata = photo.metadata
    comments = (text.encode("utf-8", "surrogateescape") for text in metadata.all_comments())
    segments = [jpeg_segments.comment_segment(text) for text in comments]
    if metadata.xmp is not None and len(metadata.xmp) > JPEG_XMP_BYTES:
        parts = xmp.split(metadata.xmp, JPEG_XMP_BYTES - 1000)
        if parts is None:
            raise OutputError(f"{len(metadata.xmp)} bytes of XMP do not fit into a JPEG; write a TIFF or PNG")
        first, rest = parts
        extended, digest = jpeg_segments.extended_xmp_segments(rest)
        xmp.add_description(first, {xmp.NOTE_EXTENDED: digest})
        segments += [jpeg_segments.xmp_segment(xmp.serialise(first)), *extended]
    if exif is not None:
        segments.insert(0, jpeg_segments.exif_segment(exif))
    if segments:
        jpeg_segments.insert(path, segments, without_exif=exif is not None)


def _explained(failure: BaseException, name: str) -> BaseException:
    if isinstance(failure, pyvips.Error):
        return OutputError(f"{name} could not be written: {last_line(failure)}")
    return failure
