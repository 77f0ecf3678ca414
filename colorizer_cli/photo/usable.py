"""Which photos can teach colour, or be measured against: found below folders, decoded small, refused with a reason."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.colourless import colourless
from colorizer_cli.errors import ColorizerError, MissingExtraError, PhotoError
from colorizer_cli.photo.formats import READ_SUFFIXES
from colorizer_cli.photo.provenance import Provenance
from colorizer_cli.photo.reading import read_photo

WEIGHTS = ("config.json", "model.safetensors")  # by these a weights folder is known
TINY = 64  # px on the short side


class UnusableError(ColorizerError):
    """A photo that teaches no colour; the message is the reason, a word or two."""


class NeedsExtraError(UnusableError):
    """Its format is read by an extra that is not installed: another time it may be usable."""


def photos_below(folders: Sequence[Path]) -> list[Path]:
    """All files below the folders that are photos by their suffix, sorted, each once, though it lies below two of
    them; hidden ones and those in hidden folders (thumbnails, wastebaskets) are left out, and the pictures in weights
    folders."""

    @cache
    def holds_weights(folder: Path) -> bool:
        return all((folder / name).is_file() for name in WEIGHTS)

    found = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in READ_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
        and not holds_weights(path.parent)
    ]
    once: dict[str, Path] = {}
    for path in found:
        once.setdefault(os.path.realpath(path), path)
    return list(once.values())


def decode_usable(path: Path, short_side: int) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 sRGB, upright, at most `short_side` px on its short side.

    Raises UnusableError with the reason: broken, tiny, gray, toned, coloured by this tool, or in need of an extra.
    """
    try:
        photo = read_photo(path)
        if min(photo.width, photo.height) < TINY:
            raise UnusableError("tiny")
        if Provenance.of(photo.metadata.xmp) is not None:
            raise UnusableError("coloured by this tool")
        scale = min(1.0, short_side / min(photo.width, photo.height))
        pixels = photo.thumbnail(round(photo.width * scale), round(photo.height * scale))
    except MissingExtraError as error:
        raise NeedsExtraError(f"in need of {error.remedy}") from error
    except (PhotoError, OSError) as error:
        raise UnusableError("broken") from error
    reason = colourless(pixels)
    if reason:
        raise UnusableError(reason)
    return pixels
