"""libvips' errors, told as what they mean for a photo."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pyvips

from colorizer_cli.errors import PhotoError
from colorizer_cli.photo.formats import READABLE


@contextlib.contextmanager
def decoding(name: str) -> Iterator[None]:
    """Turns a libvips error into a PhotoError about the photo `name`: damaged and cut-off files show up only here,
    when their pixels are asked for."""
    try:
        yield
    except pyvips.Error as error:
        raise PhotoError(
            f"{name} cannot be read as a photo ({last_line(error)}); expected a whole {READABLE} file"
        ) from error


def last_line(error: pyvips.Error) -> str:
    """libvips stacks its messages; the last one is the most specific."""
    lines = [line.strip() for line in str(error.detail or error.message).splitlines() if line.strip()]
    return lines[-1] if lines else "unknown reason"
