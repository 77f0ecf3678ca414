"""One store, on a real S3 protocol and in memory: listing, reading, writing, whole objects."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from object_store import ObjectStore

from colorizer_cli.errors import StorageError
from colorizer_cli.storage import s3
from colorizer_cli.storage.opening import open_store
from colorizer_cli.storage.store import Store

NAMES = [
    "a b.jpg",
    "a%20b.jpg",
    "a#1?x=2.jpg",
    "ü/é.jpg",
    "a.b.jpg",
    "a.png",
    "a/1.jpg",
    "[1].jpg",
    "a+b.jpg",
    "日本.jpg",
]


@pytest.fixture(params=["s3", "memory"])
def store(request: pytest.FixtureRequest, bucket: ObjectStore) -> Store:
    return open_store(bucket.url("scans") if request.param == "s3" else f"memory://{secrets.token_hex(4)}/scans")


def test_names_of_all_kinds_come_back_in_order(store: Store):
    for name in NAMES:
        store.write(name, name.encode())
    found = [item.name + "/" * (item.stored is None) for item in store.items("")]
    assert found == sorted({name.partition("/")[0] + "/" * ("/" in name) for name in NAMES})
    assert [item.name for item in store.items("ü")] == ["é.jpg"]
    assert list(store.items("nowhere")) == []
    assert [store.read(name) for name in NAMES] == [name.encode() for name in NAMES]
    assert [item.name for item in store.items("", "a.b.jpg", "a.png")] == ["a.b.jpg", "a.png"]


def test_what_is_not_there(store: Store):
    store.write("box/a.jpg", b"1")
    assert store.info("nope") is None
    assert store.info("box") is None
    assert store.read("nope") is None
    store.remove("nope")
    store.remove("box/a.jpg")
    assert store.info("box/a.jpg") is None


def test_creating_never_replaces(store: Store, tmp_path: Path):
    (tmp_path / "one").write_bytes(b"one")
    (tmp_path / "two").write_bytes(b"two")
    first = store.upload(str(tmp_path / "one"), "a.jpg", create=True)
    assert store.upload(str(tmp_path / "one"), "a.jpg", create=True) == first  # as when an answer was lost
    with pytest.raises(FileExistsError):
        store.upload(str(tmp_path / "two"), "a.jpg", create=True)
    with pytest.raises(FileExistsError):
        store.write("a.jpg", b"three", create=True)
    assert store.read("a.jpg") == b"one"
    assert store.upload(str(tmp_path / "two"), "a.jpg") != first
    assert store.read("a.jpg") == b"two"


def test_fetched_is_what_was_listed(store: Store, tmp_path: Path):
    store.write("a.jpg", b"before")
    (listed,) = [item.stored for item in store.items("")]
    assert store.fetch("a.jpg", str(tmp_path / "a"), listed) == listed == store.info("a.jpg")
    store.write("a.jpg", b"afterwards")
    changed = store.fetch("a.jpg", str(tmp_path / "a"), listed)  # the second try has the new one
    assert (tmp_path / "a").read_bytes() == b"afterwards"
    assert changed == store.info("a.jpg") != listed
    with pytest.raises(FileNotFoundError):
        store.fetch("gone.jpg", str(tmp_path / "a"))


def test_placeholders_of_folders_are_no_names(bucket: ObjectStore):
    bucket.put("scans/", b"")
    bucket.put("scans/box/", b"")
    bucket.put("scans/box/a.jpg", b"1")
    store = open_store(bucket.url("scans"))
    assert [(item.name, item.stored is None) for item in store.items("")] == [("box", True)]
    assert [item.name for item in store.items("box")] == ["a.jpg"]


def test_a_name_that_the_driver_would_change_is_refused(bucket: ObjectStore):
    store = open_store(bucket.url("scans"))
    with pytest.raises(StorageError, match="versionId"):
        store.write("a?versionId=3.jpg", b"1")
    with pytest.raises(StorageError, match="UTF-8"):
        store.write("caf\udce9.jpg", b"1")
    assert bucket.keys("scans") == []


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that goes up in parts, which are of 5 MiB here."""
    monkeypatch.setattr(s3, "PART_BYTES", 5 * 2**20)
    (tmp_path / "large").write_bytes(os.urandom(11 * 2**20))
    return tmp_path / "large"


def test_a_large_object_appears_when_it_is_complete(bucket: ObjectStore, large: Path):
    seen: list[list[str]] = []
    faults = iter(["503"])

    def fault(method: str, path: str) -> str | None:
        if "partNumber=3" in path:
            seen.append(bucket.keys("colour"))
            return next(faults, None)
        return None

    bucket.proxy.fault = fault
    open_store(bucket.url("colour")).upload(str(large), "large.tif")
    assert seen == [[], []]
    assert bucket.get("colour/large.tif") == large.read_bytes()
    assert bucket.uploads() == []


def test_an_upload_that_is_cut_and_cannot_be_aborted_leaves_nothing(
    bucket: ObjectStore, large: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("colorizer_cli.storage.faults.FIRST_PAUSE", 0.01)
    faults = iter([("partNumber=2", "503"), ("DELETE", "503"), ("POST", "cut")])  # in this order
    waiting = next(faults)
    happened: list[str] = []

    def fault(method: str, path: str) -> str | None:
        nonlocal waiting
        where, what = waiting
        if where not in path and (where != method or (method == "POST" and "uploads" in path)):
            return None
        waiting = next(faults, ("nowhere", ""))
        happened.append(what)
        return what

    bucket.proxy.fault = fault
    store = open_store(bucket.url("colour"))
    store.upload(str(large), "large.tif", create=True)
    assert happened == ["503", "503", "cut"]  # the last: it was completed, and its answer lost
    assert bucket.get("colour/large.tif") == large.read_bytes()
    assert bucket.uploads() == []
    (large.parent / "other").write_bytes(os.urandom(11 * 2**20))
    with pytest.raises(FileExistsError):
        store.upload(str(large.parent / "other"), "large.tif", create=True)
    assert bucket.get("colour/large.tif") == large.read_bytes()
    assert bucket.uploads() == []


def test_unfinished_uploads_are_swept_by_name(bucket: ObjectStore):
    for key in ("colour/a.tif", "colour/b.tif", "other/a.tif"):
        bucket.client.create_multipart_upload(Bucket=bucket.bucket, Key=key)
    store = open_store(bucket.url("colour"))
    assert store.abort_uploads([]) == 0
    assert store.abort_uploads(["a.tif", "c.tif"]) == 1
    assert sorted(bucket.uploads()) == ["colour/b.tif", "other/a.tif"]


Fault = Callable[[str, str], str | None]


@pytest.mark.parametrize("kind", ["503", "cut", "cut upload", "slow"])
def test_faults_that_pass(bucket: ObjectStore, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("colorizer_cli.storage.faults.FIRST_PAUSE", 0.01)
    content = os.urandom(100_000)
    (tmp_path / "a").write_bytes(content)
    store = open_store(bucket.url("p"))
    met: dict[str, int] = {}

    def fault(method: str, path: str) -> str | None:
        met[method] = met.get(method, 0) + 1
        return kind if met[method] <= 2 and method != "HEAD" else None

    bucket.proxy.fault = fault
    store.upload(str(tmp_path / "a"), "a.jpg", create=True)
    assert bucket.get("p/a.jpg") == content
    store.fetch("a.jpg", str(tmp_path / "b"))
    assert (tmp_path / "b").read_bytes() == content
    met.clear()
    assert [item.name for item in store.items("")] == ["a.jpg"]


def test_a_store_without_conditional_writes(bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch):
    store = open_store(bucket.url("p"))
    real = store.system.pipe_file

    def pipe_file(path: str, content: bytes, mode: str) -> None:
        if mode == "create":
            raise OSError(38, "A header you provided implies functionality that is not implemented") from answer()
        real(path, content, mode=mode)

    def answer() -> Exception:
        from botocore.exceptions import ClientError

        return ClientError(
            {"Error": {"Code": "NotImplemented"}, "ResponseMetadata": {"HTTPStatusCode": 501}}, "PutObject"
        )

    monkeypatch.setattr(store.system, "pipe_file", pipe_file)
    store.write("a", b"1", create=True)
    assert not store.creates_alone
    with pytest.raises(FileExistsError):
        store.write("a", b"2", create=True)
    assert store.read("a") == b"1"
