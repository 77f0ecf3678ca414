"""Which URLs can serve as the two places of a run, and what is said of the others."""

import dataclasses

import pytest
from object_store import ObjectStore

from colorizer_cli.batch.folders import check_folders
from colorizer_cli.batch.job import BatchJob
from colorizer_cli.batch.places import source_name
from colorizer_cli.batch.resources import WorkerResources
from colorizer_cli.errors import ColorizerError, PhotoError, StorageError, UsageError


@pytest.mark.parametrize(
    ("source", "output", "options", "kind", "words"),
    [
        ("s3://B/empty", "out", {}, PhotoError, "nothing below it"),
        ("s3://B/scans/a.jpg", "out", {}, UsageError, "is an object"),
        ("s3://B/scans", "s3://B/scans/a.jpg", {}, UsageError, "is an object"),
        ("s3://B/scans", "s3://B/scans/", {}, UsageError, "stays as it is"),
        ("s3://B/scans", "s3a://B/scans", {}, UsageError, "stays as it is"),
        ("s3://B/scans", "s3://B", {}, UsageError, "contains the photos"),
        ("s3://B/scans", "out", {"watch": True}, UsageError, "--watch needs a folder"),
        ("s3://B/scans", "out", {"report": "r.html"}, UsageError, "--report links to files"),
        ("s3://no-such-bucket-here/scans", "out", {}, StorageError, "NoSuchBucket"),
        ("memory://scans", "out", {"cluster": WorkerResources()}, UsageError, "other processes"),
        ("memory://nothing-here", "out", {}, PhotoError, "a program fills it first"),
        ("nowhere", "s3://B/colour", {}, PhotoError, "no such folder"),
    ],
)
def test_what_is_refused(
    bucket: ObjectStore, source: str, output: str, options: dict[str, object], kind: type[ColorizerError], words: str
):
    bucket.put("scans/a.jpg", b"1")
    job = BatchJob(*(place.replace("//B", f"//{bucket.bucket}") for place in (source, output)))
    with pytest.raises(kind, match=words):
        check_folders(dataclasses.replace(job, **options))


def test_what_is_not(bucket: ObjectStore):
    bucket.put("scans/a.jpg", b"1")
    for output in ("out", bucket.url("colour"), bucket.url("scans/colour"), bucket.url("scans-2")):
        check_folders(BatchJob(bucket.url("scans"), output))
    assert source_name(BatchJob(bucket.url("scans") + "/", "out")) == bucket.url("scans")
