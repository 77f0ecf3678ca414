"""Which photos of an archive can teach colour, and the reasons against the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorizer_cli.errors import TrainingError
from colorizer_cli.photo.usable import decode_usable
from colorizer_cli.training.cache import PhotoCache, Photos, Pixels, find_photos
from colorizer_cli.training.split import content_hash, for_choice, held_back

USABLE_AT_LEAST = 20  # photos
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Archive:
    """The usable photos of an archive, split by content; `skipped` counts the others by reason.

    `validation` is for the verdict, `choice` for what is chosen before it.

    `hashes` are the sha256 of the usable files, in the order in which they are trained on or measured: training
    photos first.
    """

    training: Photos
    validation: Photos
    choice: Photos
    names: list[str]
    hashes: list[str]
    skipped: dict[str, int]
    cache: PhotoCache

    @property
    def short_side(self) -> float:
        """Median short side of the usable photos as cached, pixels."""
        return float(np.median([min(shape) for shape in self.cache.shapes]))


class Subset:
    """Some photos of others, by their numbers."""

    def __init__(self, photos: Photos, members: Sequence[int]) -> None:
        self._photos, self._members = photos, list(members)
        self.shapes = [photos.shapes[i] for i in self._members]

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, i: int) -> Pixels:
        return self._photos[self._members[i]]


def read_archive(
    folders: Sequence[Path],
    cache: Path,
    short_side: int,
    limit: int,
    report: Report = lambda done, total: None,
    choosing: bool = True,
) -> Archive:
    """Finds the usable photos below `folders`, decodes each once into `cache` (at most `limit` bytes), and splits.

    `choosing`: whether some are set apart for what is chosen before the verdict.

    Raises TrainingError: a folder is missing, fewer than 20 photos are usable, or the disk is full.
    """
    for folder in folders:
        if not folder.is_dir():
            raise TrainingError(f"{folder} is no folder; expected one with colour photos")
    reasons: Counter[str] = Counter()
    by_hash: dict[str, Path] = {}
    for path in find_photos(folders):
        try:
            digest = content_hash(path)
        except OSError:
            reasons["broken"] += 1
            continue
        if digest in by_hash:
            reasons["duplicate"] += 1
        by_hash.setdefault(digest, path)
    # what a full cache leaves out is a random choice, the same one every time, and by another part of the hashes than
    # the split goes by
    ordered = sorted(by_hash, key=lambda digest: digest[::-1])
    photos = PhotoCache.build([by_hash[h] for h in ordered], cache, short_side, decode_usable, limit, report)
    reasons.update(photos.skipped.values())
    if len(photos) < USABLE_AT_LEAST:
        raise TrainingError(
            f"{len(photos)} usable colour photos found, at least {USABLE_AT_LEAST} needed; {tell_reasons(reasons)}"
        )
    hash_of = {str(path): digest for digest, path in by_hash.items()}
    usable = [hash_of[name] for name in photos.names]
    held = held_back(usable)
    choice = for_choice(usable) if choosing else set()
    training = [i for i in range(len(usable)) if i not in held | choice]
    order = training + sorted(choice) + sorted(held)
    return Archive(
        Subset(photos, training),
        Subset(photos, sorted(held)),
        Subset(photos, sorted(choice)),
        [photos.names[i] for i in order],
        [usable[i] for i in order],
        dict(sorted(reasons.items())),
        photos,
    )


def tell_reasons(reasons: dict[str, int]) -> str:
    """`12 skipped: 7 gray, 5 tiny`, or `none skipped`."""
    if not reasons:
        return "none skipped"
    told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return f"{sum(reasons.values())} skipped: {told}"
