"""Which photos are held back for validation: decided by what a file holds, so that it never changes sides."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

SHARE, FEWEST, MOST = 0.2, 6, 200
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
