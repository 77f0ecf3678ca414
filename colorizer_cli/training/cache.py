"""Training photos decoded once: one flat file of RGB bytes, mapped into memory, and its index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.errors import TrainingError

SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}


def find_photos(folders: Sequence[Path]) -> list[Path]:
    """All photos below the folders, sorted, hidden files left out. Raises TrainingError where there is none."""
    found = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    ]
    if not found:
        raise TrainingError(f"no photos below {', '.join(map(str, folders))}; expected {', '.join(sorted(SUFFIXES))}")
    return found


class PhotoCache:
    """RGB photos, each at most `short_side` px on its short side, as uint8 arrays.

    `cache[i]` is (H, W, 3) uint8, sRGB-encoded; a read-only view of the mapped file.
    Photos that cannot be decoded are left out and listed in `skipped`.
    """

    def __init__(self, file: Path) -> None:
        index = json.loads(file.with_suffix(".json").read_text())
        self.shapes: list[list[int]] = index["shapes"]
        self.names: list[str] = index["names"]
        self.skipped: dict[str, str] = index["skipped"]
        self._offsets = np.cumsum([0] + [height * width * 3 for height, width in self.shapes])
        self._bytes = np.memmap(file, dtype=np.uint8, mode="r")

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, i: int) -> NDArray[np.uint8]:
        height, width = self.shapes[i]
        return self._bytes[self._offsets[i] : self._offsets[i + 1]].reshape(height, width, 3)

    @classmethod
    def build(cls, photos: Sequence[Path], folder: Path, short_side: int) -> PhotoCache:
        """Opens the cache of exactly these photos in `folder`, decoding them first if it is not there yet."""
        identity = "\n".join(f"{path}|{path.stat().st_size}|{path.stat().st_mtime_ns}" for path in photos)
        key = hashlib.sha256(f"{short_side}\n{identity}".encode()).hexdigest()[:16]
        file = folder / f"photos-{short_side}px-{key}.rgb"
        if not file.with_suffix(".json").is_file():
            folder.mkdir(parents=True, exist_ok=True)
            cls._decode(photos, file, short_side)
        return cls(file)

    @staticmethod
    def _decode(photos: Sequence[Path], file: Path, short_side: int) -> None:
        shapes: list[tuple[int, int]] = []
        names: list[str] = []
        skipped: dict[str, str] = {}
        with open(file, "wb") as out:
            for path in photos:
                try:
                    pixels = decode_photo(path, short_side)
                except pyvips.Error as error:
                    skipped[str(path)] = str(error).strip().splitlines()[0]
                    continue
                out.write(pixels.tobytes())
                shapes.append(pixels.shape[:2])
                names.append(str(path))
        # the index is written last: a cache without one is not finished and is made anew
        file.with_suffix(".json").write_text(json.dumps({"shapes": shapes, "names": names, "skipped": skipped}))


def decode_photo(path: Path, short_side: int) -> NDArray[np.uint8]:
    """One photo as (H, W, 3) uint8 sRGB, shrunk (never enlarged) to `short_side` px on its short side."""
    header = pyvips.Image.new_from_file(str(path))
    scale = min(1.0, short_side / min(header.width, header.height))
    width, height = max(1, round(header.width * scale)), max(1, round(header.height * scale))
    image = pyvips.Image.thumbnail(str(path), width, height=height, size="force", no_rotate=True)
    image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten()
    pixels: NDArray[np.uint8] = image.cast("uchar").numpy()
    return pixels
