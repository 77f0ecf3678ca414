"""What a batch run is asked for, what it hands to a worker, and what comes back."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import NamedTuple

from colorizer_cli.batch.resources import WorkerResources
from colorizer_cli.batch.shard import Shard
from colorizer_cli.cores import usable_cores
from colorizer_cli.engine.settings import Settings
from colorizer_cli.photo.formats import MAX_PIXELS, QUALITY, Format
from colorizer_cli.storage.items import Stored

TIME_LIMIT = 600.0  # seconds for one photo: a gigapixel takes one or two minutes


@dataclass(frozen=True)
class Recipe:
    """What decides the bytes of a result, apart from the photo and the name of its output.

    consistent   the photos of one folder share a palette (see `Series`)
    """

    settings: Settings = field(default_factory=Settings)
    weights: str | None = None
    quality: int = QUALITY
    progressive: bool = False
    strip_metadata: bool = False
    force: bool = False
    max_pixels: int = MAX_PIXELS
    consistent: bool = False

    @property
    def accepts_more(self) -> bool:
        """Whether photos may be coloured that are refused, or left alone, by default."""
        return self.force or self.max_pixels > MAX_PIXELS


@dataclass(frozen=True)
class BatchJob:
    """One run over one folder.

    source, output   the folder of photos, and the folder that gets its tree: paths, or URLs of object stores
    form             format of all results; None: each photo's own
    patterns         shell patterns, of which a file must match one: on its name, or on its path below `source` where
                     the pattern has a slash. Empty: all photos
    jobs             worker processes; 0: as many as the cluster has room for
    fresh            leave what an earlier run has journalled aside, and colour everything again
    moved            `source` may be another folder than the journal names
    retry_failed     try photos again that failed before
    overwrite        replace outputs that no journal knows of
    time_limit       seconds that one photo may take
    watch            go on as photos arrive
    report           where to write a page about the results
    shard            the part of the photos that this run does; None: all of them
    cluster          colour on a Ray cluster, with this for each worker; None: on this machine, without one
    """

    source: str
    output: str
    recipe: Recipe = field(default_factory=Recipe)
    backend: str = "auto"
    device: str = "auto"
    form: Format | None = None
    recursive: bool = True
    patterns: tuple[str, ...] = ()
    jobs: int = field(default_factory=usable_cores)
    fresh: bool = False
    moved: bool = False
    retry_failed: bool = False
    overwrite: bool = False
    time_limit: float = TIME_LIMIT
    watch: bool = False
    report: str | None = None
    shard: Shard | None = None
    cluster: WorkerResources | None = None


def hints_beside(photo: str) -> str:
    """The name of the hints file that belongs to a photo."""
    return f"{photo}.hints.json"


class Identity(NamedTuple):
    """A file as it was: size in bytes, time of change in nanoseconds, and the sha256 of its bytes ("": not known).

    An object in a store has a tag, which changes with its content, in place of a time, which is 0 then.
    """

    size: int
    mtime: int
    sha256: str = ""
    tag: str = ""

    @classmethod
    def of(cls, status: os.stat_result, sha256: str = "") -> Identity:
        return cls(status.st_size, status.st_mtime_ns, sha256)

    @classmethod
    def of_stored(cls, stored: Stored, sha256: str = "") -> Identity:
        return cls(stored.size, stored.mtime, sha256, stored.tag)

    def same_file(self, other: Identity) -> bool:
        """As far as size and time, or tag, tell."""
        return (self.size, self.mtime, self.tag) == (other.size, other.mtime, other.tag)


@dataclass(frozen=True, slots=True)
class Task:
    """One photo for a worker. `photo` and `result` are paths below the two folders.

    overwrite   the result may replace what is there: an output that is this tool's own, or --overwrite
    known       what the photo was when the result that is there was made: unchanged content is not coloured again
    hints       the hints file beside the photo, if there is one
    palette     frequencies of a/b bins that the folder's photos share; None: this photo's own
    glance      only look which palette the photo would get by itself; nothing is written
    listed      what the listing said of a photo in a store
    """

    photo: str
    result: str
    overwrite: bool = False
    known: Identity | None = None
    hints: Identity | None = None
    palette: tuple[float, ...] | None = None
    glance: bool = False
    listed: Identity | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task. Exactly one of `result_file`, `error`, `left_alone` and, of a glance, `palette` is set.

    identity     of the photo; None where it could not be read
    result_file  size and time of the written file
    left_alone   the photo is in colour already: nothing was written
    unchanged    the content is what it was: nothing was written
    palette      frequencies of a/b bins that the photo has by itself
    confidence   mean over the photo, 0…1; None where the network cannot tell
    stops_run    the error is the output folder's, not the photo's: full disk, read-only, gone
    uncertain    the error came when the result may have been in its place: what is found there is this tool's
    """

    task: Task
    seconds: float
    identity: Identity | None = None
    result_file: Identity | None = None
    left_alone: bool = False
    unchanged: bool = False
    palette: tuple[float, ...] | None = None
    confidence: float | None = None
    width: int = 0
    height: int = 0
    error: str | None = None
    stops_run: bool = False
    uncertain: bool = False
