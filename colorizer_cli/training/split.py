"""Which photos are held back for validation: decided by what a file holds, so that it never changes sides."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

SHARE, FEWEST, MOST = 0.2, 6, 200
CHOICE_SHARE, CHOICE_FEWEST, CHOICE_MOST = 0.1, 8, 60
HASH_RANGE = 16**8


def content_hash(path: Path) -> str:
    """Lower-case hexadecimal sha256 of the file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def held_back(hashes: Sequence[str]) -> set[int]:
    """Numbers of the photos that are held back: those with the lowest hashes, a fifth of them, from 6 to 200.

    A photo that was trained on is not held back later, whatever is added to the archive.
    """
    ranked = sorted(range(len(hashes)), key=lambda i: hashes[i])
    below = sum(int(h[:8], 16) < SHARE * HASH_RANGE for h in hashes)
    return set(ranked[: min(max(below, FEWEST), MOST)])


def for_choice(hashes: Sequence[str]) -> set[int]:
    """Numbers of the photos that settings are chosen on: a tenth of them, from above the hashes held back, 60 at most.

    Neither trained on nor part of the verdict. None, where they would be fewer than 8.
    """
    ranked = sorted(range(len(hashes)), key=lambda i: hashes[i])
    upper = (SHARE + CHOICE_SHARE) * HASH_RANGE
    above = [i for i in ranked if SHARE * HASH_RANGE <= int(hashes[i][:8], 16) < upper]
    chosen = set(above[:CHOICE_MOST]) - held_back(hashes)
    return chosen if len(chosen) >= CHOICE_FEWEST else set()
