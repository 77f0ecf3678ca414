"""The gray of a photo, decoded once and kept in memory: the network's thumbnail and the result are made from it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

import pyvips

from colorizer_cli.errors import PhotoError
from colorizer_cli.photo.conversion import to_gray
from colorizer_cli.photo.failures import decoding

Planes = tuple[pyvips.Image, pyvips.Image | None]


class DecodedGray:
    """Gray and alpha of the image that `open_image` opens, one band each; `name` is the photo's in messages."""

    def __init__(self, open_image: Callable[[], pyvips.Image], name: str) -> None:
        self._open = open_image
        self._name = name
        self._lock = threading.Lock()
        self._planes: Planes | None = None

    def start(self) -> None:
        """Decodes in a thread of its own, while the caller does something else."""

        def decode() -> None:
            with contextlib.suppress(PhotoError):  # raised again where the pixels are asked for
                self.planes()

        threading.Thread(target=decode, name="decoder").start()

    def planes(self) -> Planes:
        """(gray, alpha or None) as images in memory. Raises PhotoError."""
        with self._lock, decoding(self._name):
            if self._planes is None:
                gray, alpha = to_gray(self._open())
                joined = (gray if alpha is None else gray.bandjoin(alpha.cast(gray.format))).copy_memory()
                self._planes = (joined, None) if alpha is None else (joined[0], joined[1])
        return self._planes
