"""`--shard I/N`: the photos of a folder, divided among N runs that know nothing of each other."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass

from colorizer_cli.errors import UsageError

MOST = 100_000


@dataclass(frozen=True)
class Shard:
    """Part `number` of `count`, counted from 1.

    A photo's part is a function of its path below the folder alone: the first eight bytes of the sha256 of the path
    without suffix, modulo the number of parts. `a.jpg` and `a.png` stay together, for so may their results' names be.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """`2/8`. Raises UsageError."""
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]) <= MOST:
            raise UsageError(f"--shard {text}: expected I/N with I from 1 to N, such as 1/8")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def holds(self, photo: str) -> bool:
        """`photo`: a path below the folder of photos."""
        path = os.path.splitext(photo)[0].replace(os.sep, "/")
        digest = hashlib.sha256(os.fsencode(path)).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1
