"""A photo decoded once: its gray, kept in memory, and a small copy of it as it looks."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

import pyvips

from colorizer_cli.errors import ColorizerError
from colorizer_cli.photo.conversion import to_gray
from colorizer_cli.photo.failures import decoding
from colorizer_cli.photo.rgb_decoding import can_be_followed, followed

SMALL = 512  # pixels of the small copy's long side, or some more
COPIED_BYTES = 2**26  # what pixels in colour may take while gray and small copy are made of them
BYTES = {"uchar": 1, "ushort": 2}


@dataclass(frozen=True)
class Decoded:
    """gray    one band, in memory
    alpha   the same, or None
    small   the photo as it looks, in memory, shrunk by a whole number; None where it has no colours, or too many pixels
            for them to be held
    alike   it has colour channels, but they were looked at and are all alike: a gray photo
    """

    gray: pyvips.Image
    alpha: pyvips.Image | None
    small: pyvips.Image | None
    alike: bool = False


class Decoding:
    """Decodes the image that `open_image` opens, once; `name` is the photo's in messages. `begun`: or is about to."""

    def __init__(self, open_image: Callable[[], pyvips.Image], name: str) -> None:
        self._open = open_image
        self._name = name
        self._lock = threading.Lock()
        self._decoded: Decoded | None = None
        self._opened = threading.Event()
        self.begun = False

    def start(self) -> None:
        """Decodes in a thread of its own, while the caller does something else. Returns when the thread has come to the
        decoder's own code: before, an import by the caller would keep it from the interpreter for long."""

        def decode() -> None:
            # raised again where the pixels are asked for; RuntimeError: no threads are begun as the interpreter ends
            with contextlib.suppress(ColorizerError, RuntimeError):
                self.result()

        self.begun = True
        threading.Thread(target=decode, name="decoder").start()
        self._opened.wait()

    def result(self) -> Decoded:
        """Waits for what is decoded. Raises PhotoError."""
        self.begun = True
        with self._lock, decoding(self._name):
            if self._decoded is None:
                try:
                    image = self._open()
                finally:
                    self._opened.set()
                self._decoded = _decode(image)
        return self._decoded


def _decode(image: pyvips.Image) -> Decoded:
    small = None
    if image.bands >= 3 and image.width * image.height * image.bands * BYTES.get(image.format, 8) <= COPIED_BYTES:
        steps = max(1, max(image.width, image.height) // SMALL)
        if can_be_followed(image, steps):
            found = followed(image, steps)
            return Decoded(found.gray, None, found.small, found.alike)
        image = image.copy_memory()
        small = image.shrink(steps, steps).copy_memory()
    gray, alpha = to_gray(image)
    joined = (gray if alpha is None else gray.bandjoin(alpha.cast(gray.format))).copy_memory()
    return Decoded(joined, None, small) if alpha is None else Decoded(joined[0], joined[1], small)
