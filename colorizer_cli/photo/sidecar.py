"""XMP beside a photo in a file of its own, as photo managers write it: photo.jpg.xmp (darktable, digiKam) or photo.xmp
(Adobe)."""

from __future__ import annotations

import os

from colorizer_cli.errors import PhotoError
from colorizer_cli.photo import regions, xmp
from colorizer_cli.photo.metadata import Metadata

SUFFIX = ".xmp"
LARGEST = 50_000_000  # bytes


def sidecars(photo: str) -> list[str]:
    """The photo's sidecars that there are: photo.jpg.xmp before photo.xmp."""
    names = (photo + SUFFIX, os.path.splitext(photo)[0] + SUFFIX)
    return [name for name in names if os.path.isfile(name)]


def find_sidecar(photo: str) -> str | None:
    """The sidecar that counts; None where there is none."""
    return next(iter(sidecars(photo)), None)


def result_sidecar(photo: str, result: str) -> str:
    """The name of the result's sidecar: after the manner of the photo's, or result.jpg.xmp."""
    adobe = find_sidecar(photo) == os.path.splitext(photo)[0] + SUFFIX
    return (os.path.splitext(result)[0] if adobe else result) + SUFFIX


def stated_orientation(photo: str) -> int | None:
    """How photo.jpg.xmp says that the photo lies, which counts before what the photo says; None where it does not.

    photo.xmp may be that of a raw file beside it, which lies otherwise.
    """
    name = photo + SUFFIX
    rdf = xmp.parse(_read(name)) if os.path.isfile(name) else None
    return None if rdf is None else xmp.orientation(rdf)


def merge_sidecar(metadata: Metadata, photo: str) -> Metadata:
    """→ metadata with the sidecar's properties; they win over embedded ones. Raises PhotoError: unreadable, no XMP."""
    name = find_sidecar(photo)
    if name is None:
        return metadata
    packet = _read(name)
    if xmp.parse(packet) is None:
        raise PhotoError(f"{name} is not XMP; correct it, move it away, or leave --sidecar out")
    merged = xmp.merge(metadata.xmp, regions.upright(packet, metadata.orientation))
    return metadata if merged is None else metadata.with_xmp(merged)


def _read(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise PhotoError(f"{name} cannot be read: {error.strerror}; correct it, or leave --sidecar out") from error
