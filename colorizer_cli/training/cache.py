"""Training photos decoded once: one flat file of RGB bytes, mapped into memory, and its index."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.errors import ColorizerError, TrainingError
from colorizer_cli.photo.formats import READ_SUFFIXES
from colorizer_cli.photo.usable import NeedsExtraError, UnusableError, photos_below
from colorizer_cli.training.disk import writing_to

FINISHED = re.compile(r"photos-\d+px-[0-9a-f]+\.rgb")  # one that is being made has a further part
ABANDONED_SECONDS = 86_400.0  # without a byte more: whoever made it is gone

Pixels = NDArray[np.uint8]
Decode = Callable[[Path, int], Pixels]


class Photos(Protocol):
    """RGB photos by number: `photos[i]` is (H, W, 3) uint8, sRGB-encoded, and `shapes[i]` its (H, W)."""

    @property
    def shapes(self) -> Sequence[Sequence[int]]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, i: int) -> Pixels: ...


def find_photos(folders: Sequence[Path]) -> list[Path]:
    """All photos below the folders, sorted, hidden files left out. Raises TrainingError where there is none."""
    found = photos_below(folders)
    if not found:
        expected = ", ".join(sorted(READ_SUFFIXES))
        raise TrainingError(f"no photos below {', '.join(map(str, folders))}; expected {expected}")
    return found


class PhotoCache:
    """RGB photos, each at most `short_side` px on its short side, as uint8 arrays.

    `cache[i]` is (H, W, 3) uint8, sRGB-encoded; a read-only view of the mapped file.
    Photos that cannot be used are left out and listed in `skipped`, with the reason.
    """

    def __init__(self, file: Path) -> None:
        index = json.loads(file.with_suffix(".json").read_text())
        self.file = file
        self.shapes: list[list[int]] = index["shapes"]
        self.names: list[str] = index["names"]
        self.skipped: dict[str, str] = index["skipped"]
        self._offsets = np.cumsum([0] + [height * width * 3 for height, width in self.shapes])
        self._bytes = self._mapped()

    def _mapped(self) -> Pixels:
        return np.memmap(self.file, dtype=np.uint8, mode="r") if self.shapes else np.empty(0, np.uint8)

    def __getstate__(self) -> dict[str, Any]:
        """For a process that is not forked: it maps the file for itself, gigabytes are not sent to it."""
        return {name: value for name, value in self.__dict__.items() if name != "_bytes"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._bytes = self._mapped()

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, i: int) -> Pixels:
        height, width = self.shapes[i]
        return self._bytes[self._offsets[i] : self._offsets[i + 1]].reshape(height, width, 3)

    @classmethod
    def build(
        cls,
        photos: Sequence[Path],
        folder: Path,
        short_side: int,
        decode: Decode | None = None,
        limit: int | None = None,
        report: Callable[[int, int], None] = lambda done, total: None,
    ) -> PhotoCache:
        """Opens the cache of exactly these photos in `folder`, decoding them first if it is not there yet.

        decode   (path, short_side) → pixels; raises ColorizerError for a photo that is to be left out
        limit    bytes that the folder's caches may take together: the oldest others are removed for this one, and
                 photos that still do not fit are left out
        report   is told how many of the photos have been seen

        Raises TrainingError where the disk is full.
        """
        identity = "\n".join(f"{path}|{path.stat().st_size}|{path.stat().st_mtime_ns}" for path in photos)
        name = "" if decode is None else f"{decode.__name__}\n{limit}\n"
        key = hashlib.sha256(f"{name}{short_side}\n{identity}".encode(errors="surrogateescape")).hexdigest()[:16]
        file = folder / f"photos-{short_side}px-{key}.rgb"
        if not file.with_suffix(".json").is_file():
            remedy = "free some, or put decoded photos elsewhere with --cache, or take fewer with --cache-size"
            with writing_to(folder, remedy):
                folder.mkdir(parents=True, exist_ok=True)
                room = None if limit is None else limit - _make_room(folder, limit)
                passing = _decode_all(photos, file, short_side, decode or decode_photo, room, report)
            found = cls(file)
            if passing:  # decoded anew when what was missing is there
                file.with_suffix(".json").unlink()
            return found
        return cls(file)


def _make_room(folder: Path, limit: int) -> int:
    """Removes the oldest caches until the others take no more than half of `limit`, and what killed runs have left.
    → the bytes they still take. Other runs may do the same: files can be gone at any time."""
    found: list[tuple[float, int, Path]] = []  # time, size
    for file in folder.glob("photos-*px-*.rgb"):
        with contextlib.suppress(FileNotFoundError):
            status = file.lstat()
            if FINISHED.fullmatch(file.name):
                found.append((status.st_mtime, status.st_size, file))
            elif time.time() - status.st_mtime > ABANDONED_SECONDS:
                file.unlink(missing_ok=True)
    found.sort()
    while found and sum(size for _, size, _ in found) > limit // 2:
        _, _, oldest = found.pop(0)
        oldest.with_suffix(".json").unlink(missing_ok=True)
        oldest.unlink(missing_ok=True)
    return sum(size for _, size, _ in found)


def _decode_all(
    photos: Sequence[Path],
    file: Path,
    short_side: int,
    decode: Decode,
    room: int | None,
    report: Callable[[int, int], None],
) -> bool:
    """→ whether photos were left out that may be usable another time."""
    passing = False
    shapes: list[tuple[int, int]] = []
    names: list[str] = []
    skipped: dict[str, str] = {}
    written = 0
    # under a name of its own: another machine that shares the disk may be decoding the same photos
    unfinished = file.with_name(f"{file.stem}.{secrets.token_hex(4)}.rgb")
    try:
        with open(unfinished, "wb") as out:
            for number, path in enumerate(photos):
                report(number, len(photos))
                try:
                    pixels = decode(path, short_side)
                    if room is not None and written + pixels.nbytes > room:
                        raise UnusableError("cache full")
                except (ColorizerError, pyvips.Error) as error:
                    skipped[str(path)] = str(error).strip().splitlines()[0]
                    passing |= isinstance(error, NeedsExtraError)
                    continue
                out.write(pixels.tobytes())
                written += pixels.nbytes
                shapes.append(pixels.shape[:2])
                names.append(str(path))
            report(len(photos), len(photos))
        # the index is written last: a cache without one is not finished and is made anew
        index = unfinished.with_suffix(".json")
        index.write_text(json.dumps({"shapes": shapes, "names": names, "skipped": skipped}))
        os.replace(unfinished, file)
        os.replace(index, file.with_suffix(".json"))
        return passing
    except BaseException:
        unfinished.unlink(missing_ok=True)
        unfinished.with_suffix(".json").unlink(missing_ok=True)
        raise


def decode_photo(path: Path, short_side: int) -> Pixels:
    """One photo as (H, W, 3) uint8 sRGB, shrunk (never enlarged) to `short_side` px on its short side."""
    header = pyvips.Image.new_from_file(str(path))
    scale = min(1.0, short_side / min(header.width, header.height))
    width, height = max(1, round(header.width * scale)), max(1, round(header.height * scale))
    image = pyvips.Image.thumbnail(str(path), width, height=height, size="force", no_rotate=True)
    image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten()
    pixels: Pixels = image.cast("uchar").numpy()
    return pixels
