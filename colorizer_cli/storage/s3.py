"""S3 and what speaks its protocol: listings by pages, conditional writes, unfinished uploads."""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

from colorizer_cli.errors import StorageError
from colorizer_cli.storage.faults import attempt, is_not_implemented, is_upload_gone
from colorizer_cli.storage.items import Item, Stored, stored
from colorizer_cli.storage.store import Store

PART_BYTES, PARTS_AT_ONCE = 16 * 2**20, 4  # of a multipart upload: so much of a large result is in memory at a time


class S3Store(Store):
    """Keys are taken as they are: "?", "#" and "%" in them mean nothing."""

    creates_alone = True
    lists_pages = True

    def __init__(self, system: Any, root: str, url: str) -> None:
        super().__init__(system, root, url)
        system.retries = 1  # `attempt` tries again
        _read_times_quickly(system)
        self.bucket, key, _ = system.split_path(self.root)
        self.prefix = f"{key}/" if key else ""
        self._failed_puts: set[str] = set()

    def items(self, folder: str, first: str = "", last: str | None = None) -> Iterator[Item]:
        prefix = self.prefix + (f"{folder}/" if folder else "")
        for page in self._pages(prefix, first[:-1], self.shown(folder)):  # `first` and little else comes behind it
            for item in _in_order(page, prefix):
                if last is not None and item.name > last:
                    return
                if item.name >= first:
                    yield item

    def path(self, name: str) -> str:
        if "?versionId=" in name:  # the driver would take the rest for something else, and write to another key
            raise StorageError(f"{self.shown(name)}: a name with ?versionId= in it is not supported")
        return super().path(name)

    def _pages(self, prefix: str, after: str, place: str) -> Iterator[dict[str, Any]]:
        request: dict[str, Any] = {"Bucket": self.bucket, "Prefix": prefix, "Delimiter": "/"}
        if after:
            request["StartAfter"] = prefix + after
        while True:
            page = attempt(partial(self.system.call_s3, "list_objects_v2", **request), f"listing {place}")
            yield page
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def _write(self, path: str, content: bytes, create: bool) -> None:
        self._conditionally(create, lambda mode: self.system.pipe_file(path, content, mode=mode), path)

    def upload(self, file: str, name: str, create: bool = False) -> Stored:
        path = self.path(name)
        self._failed_puts.discard(path)
        written = super().upload(file, name, create)
        if path in self._failed_puts and written.size >= 2 * PART_BYTES:
            with contextlib.suppress(StorageError):  # it needs a right of its own; the result is where it belongs
                self.abort_uploads([name])  # the driver aborts what fails, once: that may have failed, too
        return written

    def _put(self, file: str, path: str, create: bool) -> None:
        parts = {"chunksize": PART_BYTES, "max_concurrency": PARTS_AT_ONCE}
        try:
            self._conditionally(create, lambda mode: self.system.put_file(file, path, mode=mode, **parts), path)
        except Exception as error:
            self._failed_puts.add(path)
            if is_upload_gone(error):  # completed, and the answer lost: then the driver found nothing to abort
                raise ConnectionResetError(f"the end of the upload was not heard of: {error}") from error
            raise

    def _conditionally(self, create: bool, write: Any, path: str) -> None:
        if create and self.creates_alone:
            try:
                write("create")
                return
            except Exception as error:
                if not is_not_implemented(error):
                    raise
                self.creates_alone = False  # a store that has not learnt If-None-Match
        if create and self.system.exists(path):
            raise FileExistsError(path)
        write("overwrite")

    def abort_uploads(self, names: Iterable[str]) -> int:
        keys = {self.prefix + name for name in names}
        if not keys:
            return 0
        unfinished = [upload for upload in self._uploads(_common(keys)) if upload["Key"] in keys]
        for upload in unfinished:
            self._abort(upload["Key"], upload["UploadId"])
        return len(unfinished)

    def _abort(self, key: str, upload: str) -> None:
        what = f"aborting an upload to {self.shown()}"
        with contextlib.suppress(FileNotFoundError):
            attempt(lambda: self.system.abort_mpu(self.bucket, key, upload), what, writing=True)

    def _uploads(self, prefix: str) -> Iterator[dict[str, Any]]:
        request = {"Bucket": self.bucket, "Prefix": prefix}
        what = f"listing the unfinished uploads to {self.shown()}"
        while True:
            page = attempt(partial(self.system.call_s3, "list_multipart_uploads", **request), what)
            yield from page.get("Uploads", ())
            if not page.get("IsTruncated"):
                return
            request |= {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}


def _read_times_quickly(system: Any) -> None:
    """A listing has a time for each object, in ISO 8601: with the SDK's reader of any format it takes twice as long."""
    from aiobotocore.session import AioSession

    if system.session is None:
        system.session = AioSession(**system.kwargs)
        parsers = system.session.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=_time)


def _time(value: Any) -> datetime:
    from botocore.utils import parse_timestamp

    try:
        return datetime.fromisoformat(value)
    except (ValueError, TypeError):
        parsed: datetime = parse_timestamp(value)
        return parsed


def _in_order(page: dict[str, Any], prefix: str) -> Iterator[Item]:
    """Objects and folders of a page: each sorted by the store, and of the same stretch of keys."""
    cut = len(prefix)
    objects = (
        (entry["Key"], Item(entry["Key"][cut:], stored({"ETag": entry["ETag"], "size": entry["Size"]})))
        for entry in page.get("Contents", ())
        if entry["Key"] != prefix  # what some programs put where a folder is to be seen
    )
    folders = ((entry["Prefix"], Item(entry["Prefix"][cut:-1], None)) for entry in page.get("CommonPrefixes", ()))
    return (item for _, item in heapq.merge(objects, folders, key=itemgetter(0)))


def _common(keys: set[str]) -> str:
    first, last = min(keys), max(keys)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]
