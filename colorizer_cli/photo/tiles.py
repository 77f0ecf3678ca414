"""Pixels on the disk, in tiles: large photos that lie on their side are turned from there.

A turned photo's row is a column of what is decoded. libvips on its own decodes such a photo into memory or, if it is
large, into one file of whole rows that is then all mapped into memory for each few columns.
"""

from __future__ import annotations

import tempfile

import pyvips

TILE = 256  # pixels


def on_disk(image: pyvips.Image) -> pyvips.Image:
    """The same pixels, read from a temporary file that has no name: nothing is left of it, however the process ends.

    `image` is decoded now, once, from top to bottom. Raises pyvips.Error (damaged photo, disk full).
    """
    with tempfile.TemporaryFile() as file:
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
