"""The photos of an evaluation, each at the size that the protocol says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.errors import PhotoError
from colorizer_cli.photo.formats import READABLE
from colorizer_cli.photo.usable import UnusableError, decode_usable, photos_below

FEWEST = 2  # an interval of one photo says nothing


@dataclass(frozen=True)
class ColourPhoto:
    """file    where it lies
    pixels  (H, W, 3) uint8 sRGB, at the size it is measured at
    """

    file: Path
    pixels: NDArray[np.uint8]


@dataclass
class ColourPhotos:
    """The colour photos below `folders`, decoded one after the other.

    short_side   each is shrunk to it, never enlarged (by averaging), its proportions kept
    centre_crop  only the middle square is measured
    sample       at most so many, chosen at random by `seed`; None: all
    skipped      why others were left out, counted while they are met, see `decode_usable`

    Raises PhotoError where a folder is missing or holds no photos.
    """

    folders: Sequence[Path]
    short_side: int
    centre_crop: bool = False
    sample: int | None = None
    seed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for folder in self.folders:
            if not folder.is_dir():
                raise PhotoError(f"{folder} is no folder; expected one with colour photos")
        files = photos_below(self.folders)
        if len(files) < FEWEST:
            where = ", ".join(map(str, self.folders))
            raise PhotoError(f"{len(files)} photos below {where}; at least {FEWEST} needed, as {READABLE}")
        self._files = files
        if self.sample is not None:
            order = np.random.default_rng(self.seed).permutation(len(files))
            self._files = [files[i] for i in order]

    def decoded(self, report: Callable[[float], None] | None = None) -> Iterator[ColourPhoto]:
        """The usable photos, in order; `report` is told the share that is behind."""
        found = 0
        wanted = len(self._files) if self.sample is None else min(self.sample, len(self._files))
        for number, file in enumerate(self._files):
            if found == wanted:
                return
            if report:
                report(max(number / len(self._files), found / wanted))
            try:
                pixels = self.pixels(file)
            except UnusableError as reason:
                self.skipped[str(reason)] += 1
                continue
            found += 1
            yield ColourPhoto(file, pixels)

    def pixels(self, file: Path) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 sRGB: one photo as it is measured. Raises UnusableError."""
        pixels = decode_usable(file, self.short_side)
        if not self.centre_crop:
            return pixels
        height, width = pixels.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        return np.ascontiguousarray(pixels[top : top + side, left : left + side])
