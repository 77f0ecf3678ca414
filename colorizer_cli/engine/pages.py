"""All the photos of one file, coloured one after the other: a TIFF may hold several."""

from __future__ import annotations

from collections.abc import Iterator

from colorizer_cli.engine.colorizer import Colorizer
from colorizer_cli.engine.settings import Settings
from colorizer_cli.errors import UsageError
from colorizer_cli.photo.coloured import ColouredPhoto
from colorizer_cli.photo.photo import Photo


def coloured_pages(
    colorizer: Colorizer, photo: Photo, settings: Settings | None = None, *, strip_metadata: bool = False
) -> Iterator[ColouredPhoto]:
    """The photo and the other pages of its file, for `write_pages`; the network runs when a page is asked for.

    `strip_metadata` leaves out everything but provenance, resolution and profile. Raises PhotoError, and UsageError for
    hints to a file of several photos: they say where, and not on which.
    """
    if settings is not None and settings.hints and photo.pages > 1:
        raise UsageError(f"hints are for one photo; {photo.name} holds {photo.pages} of them. Split it first")
    for number in range(photo.page, photo.pages):
        page = photo if number == photo.page or photo.read_page is None else photo.read_page(number)
        if strip_metadata:
            page = page.changed(metadata=page.metadata.stripped())
        yield colorizer.colorize(page, settings)
