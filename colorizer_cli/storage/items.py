"""What a listing says of an object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

TAGS = ("ETag", "etag", "generation", "md5Hash", "xet_hash", "blob_id")  # change with the content; the first one found
TIMES = ("LastModified", "mtime", "updated", "last_modified", "modified", "created")


class Stored(NamedTuple):
    """An object: size in bytes and a tag that changes with its content; where the store has no tags, the time of
    change in nanoseconds instead (else 0)."""

    size: int
    mtime: int
    tag: str


class Item(NamedTuple):
    """A name in a folder: an object, or (`stored` is None) a folder."""

    name: str
    stored: Stored | None


def stored(info: Mapping[str, Any]) -> Stored:
    """What fsspec says of an object, whichever store's words it has kept."""
    tag = next((str(info[name]).strip('"') for name in TAGS if info.get(name)), "")
    return Stored(int(info.get("size") or 0), 0 if tag else _nanoseconds(info), tag)


def _nanoseconds(info: Mapping[str, Any]) -> int:
    time = next((info[name] for name in TIMES if info.get(name)), None)
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    if isinstance(time, datetime):
        time = time.timestamp()
    return round(time * 1_000_000) * 1000 if isinstance(time, int | float) else 0
