"""Pixels on the disk, in tiles: large photos that lie on their side are turned from there.

A turned photo's row is a column of what is decoded. libvips on its own decodes such a photo into memory or, if it is
large, into one file of whole rows that is then all mapped into memory for each few columns.
"""

from __future__ import annotations

import shutil
import tempfile
from typing import IO

import pyvips

from colorizer_cli.errors import OutputError

TILE = 256  # pixels
ROOM = 1.1  # of the pixels' own bytes: tiles reach beyond the photo's edge


def on_disk(image: pyvips.Image) -> pyvips.Image:
    """The same pixels, read from a temporary file that has no name: nothing is left of it, however the process ends.

    `image` is decoded now, once, from top to bottom. Raises pyvips.Error (damaged photo), OutputError (the temporary
    folder is full, or there is none).
    """
    with _temporary_file(pixel_bytes(image)) as file:
        image.tiffsave_target(
            pyvips.Target.new_to_descriptor(file.fileno()),
            compression="none",
            tile=True,
            tile_width=TILE,
            tile_height=TILE,
            bigtiff=True,
        )
        # of a descriptor of its own: the file lives for as long as the image does
        return pyvips.Image.tiffload_source(pyvips.Source.new_from_descriptor(file.fileno()), access="random")


def pixel_bytes(image: pyvips.Image) -> int:
    """What the pixels of an image of 8 or 16 bits take."""
    return int(image.width * image.height * image.bands * (2 if image.format == "ushort" else 1))


def _temporary_file(size: int) -> IO[bytes]:
    try:
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
        if free < ROOM * size:
            raise OutputError(
                f"turning the photo upright takes {size / 1e6:.0f} MB in {folder}, which has {free / 1e6:.0f} MB left; "
                "make room there, or name another folder in TMPDIR"
            )
        return tempfile.TemporaryFile(dir=folder)
    except OSError as error:
        raise OutputError(f"turning the photo upright takes a temporary file: {error.strerror}") from error
