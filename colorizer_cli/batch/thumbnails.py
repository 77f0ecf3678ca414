"""Small pictures of originals and results, made by processes of their own, so that no damaged file ends the run."""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice

from colorizer_cli.batch.worker import become_quiet
from colorizer_cli.errors import ColorizerError

QUALITY = 55
AT_A_TIME = 256


@dataclass(frozen=True)
class Pair:
    """Base64 of two WebP pictures of the same size."""

    before: str
    after: str
    width: int
    height: int


def thumbnail_pairs(files: Iterator[tuple[str, str]], side: int, jobs: int) -> Iterator[Pair | None]:
    """(original, result) → their pictures, at most `side` pixels wide and high, in order; None where one is not
    to be had. Memory does not depend on how many there are."""
    pool = _pool(jobs)
    try:
        while block := list(islice(files, AT_A_TIME)):
            try:
                pairs = list(pool.map(thumbnail_pair, block, [side] * len(block), chunksize=8))
            except BrokenProcessPool:
                pool.shutdown()
                pairs = [_alone(original, result, side) for original, result in block]
                pool = _pool(jobs)
            yield from pairs
    finally:
        pool.shutdown(cancel_futures=True)


def thumbnail_pair(files: Sequence[str], side: int) -> Pair | None:
    """The two pictures; None where a file cannot be read, or the two have not the same proportions any more."""
    import pyvips

    from colorizer_cli.photo.reading import read_photo

    try:
        original, result = (read_photo(file) for file in files)
        scale = min(1.0, side / max(original.width, original.height))
        width, height = max(1, round(original.width * scale)), max(1, round(original.height * scale))
        pictures = [photo.thumbnail(width, height) for photo in (original, result)]
        encoded = [
            pyvips.Image.new_from_array(picture).copy(interpretation="srgb").webpsave_buffer(Q=QUALITY)
            for picture in pictures
        ]
    except (ColorizerError, pyvips.Error, OSError):
        return None
    before, after = (base64.b64encode(data).decode("ascii") for data in encoded)
    return Pair(before, after, width, height)


def _alone(original: str, result: str, side: int) -> Pair | None:
    with _pool(1) as pool, contextlib.suppress(BrokenProcessPool):
        return pool.submit(thumbnail_pair, (original, result), side).result()
    return None


def _pool(jobs: int) -> concurrent.futures.ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return concurrent.futures.ProcessPoolExecutor(jobs, context, initializer=become_quiet)
