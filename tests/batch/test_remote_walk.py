"""Photos below a URL: met as those of a folder are, in parts that can be named one by one."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colorizer_cli.batch import remote_walk
from colorizer_cli.batch.job import BatchJob, Recipe
from colorizer_cli.batch.journal import Journal
from colorizer_cli.batch.naming import Naming
from colorizer_cli.batch.plan import Made, Plan
from colorizer_cli.batch.remote_walk import RemoteWalk
from colorizer_cli.batch.walk import Walk
from colorizer_cli.errors import StorageError
from colorizer_cli.storage.items import Item, Stored
from colorizer_cli.storage.opening import open_store
from colorizer_cli.storage.store import Store

NAMES = [
    "-dash.jpg",
    "a.PNG",
    "b.jpg",
    "m/1.jpeg",
    "m/n/2.webp",
    "z/1.tif",
    ".h.jpg",
    ".hid/a.jpg",
    "n.txt",
    "a b/ü.jpg",
]


def filled(names: list[str]) -> Store:
    store = open_store(f"memory://{secrets.token_hex(6)}/scans")
    for name in names:
        store.write(name, b"1")
    return store


def photos(walk: RemoteWalk | Walk) -> list[str]:
    return [os.path.join(listing.folder, name) for listing in walk for name in listing.photos]


def test_the_same_as_of_a_folder(tmp_path: Path):
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    for options in ({}, {"recursive": False}, {"patterns": ("*.jpg", "m/*")}):
        local, remote = Walk(str(tmp_path), **options), RemoteWalk(filled(NAMES), **options)
        assert photos(remote) == photos(local)
        assert remote.skipped == local.skipped


def test_the_output_inside_is_left_out():
    walk = RemoteWalk(filled([*NAMES, "m/colour/1.jpg", "m/colour/deep/1.jpg"]), excluded="m/colour")
    assert photos(walk) == photos(RemoteWalk(filled(NAMES)))


class Keys(Store):
    """A store with folders that cannot be read."""

    def __init__(self, keys: dict[str, list[Item]]) -> None:
        self.keys = keys

    def items(self, folder: str, first: str = "", last: str | None = None) -> Iterator[Item]:
        if folder not in self.keys:
            raise StorageError("no")
        yield from self.keys[folder]


def test_what_cannot_be_walked_is_said():
    walk = RemoteWalk(Keys({"": [Item("", None), Item("a.jpg", Stored(1, 0, "t")), Item("locked", None)]}))
    assert photos(walk) == ["a.jpg"]
    assert walk.skipped.unreadable == {"/": remote_walk.NO_NAME, "locked": "no"}
    with pytest.raises(StorageError):
        list(RemoteWalk(Keys({})))


def test_hints_come_with_their_photo():
    (listing,) = RemoteWalk(filled(["a.jpg", "a.jpg.hints.json", "b.jpg"]))
    assert set(listing.stored or {}) == {"a.jpg", "a.jpg.hints.json", "b.jpg"}


def test_a_folder_in_parts_is_listed_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remote_walk, "LEAST", 2)
    store = filled([f"{number}/{photo}.jpg" for number in range(9) for photo in range(3)] + ["a.jpg", "b.jpg", "c.jpg"])
    listed: list[str] = []
    items = store.items
    monkeypatch.setattr(store, "items", lambda folder, *limits: (listed.append(folder), items(folder, *limits))[1])
    plan = Plan(BatchJob(store.url, f"{store.url}-colour"), Journal("j"), Naming(), Made("w", "o"))
    assert len(list(plan)) == 30
    assert sorted(listed) == ["", *"012345678"]


STEMS = st.sampled_from(["a", "b", "a.b", "a.png", "a-2", "a-3", "a.bmp", "c 1", "a.b.c", "ä"])
SUFFIXES = st.sampled_from([".jpg", ".JPG", ".png", ".bmp", ".gif", ".tif", ".txt", ".jpg.hints.json"])
FILES = st.lists(st.builds(lambda stem, suffix: stem + suffix, STEMS, SUFFIXES), unique=True, min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(names=FILES, least=st.integers(1, 4), form=st.sampled_from([None, "jpeg", "png"]))
def test_names_of_parts_are_distinct_and_hardly_ever_others_than_those_of_the_whole(names, least, form):
    store = filled(names)
    job = BatchJob(store.url, "memory://nothing/colour", form=form)

    def planned(**recipe: bool) -> dict[str, str]:
        asked = BatchJob(job.source, job.output, form=form, recipe=Recipe(**recipe))
        return {task.photo: task.result for task in Plan(asked, Journal("j"), Naming(form), Made("w", "o"))}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remote_walk, "LEAST", least)
        parts, whole = planned(), planned(consistent=True)  # --consistent holds a folder as a whole
        assert planned() == parts
    assert parts.keys() == whole.keys()
    assert len(set(parts.values())) == len(parts)
    numbered = {photo for photo, result in whole.items() if result.rsplit(".", 1)[0].endswith(("-2", "-3", "-4"))}
    if not numbered:
        assert parts == whole


def test_a_large_folder_comes_in_parts_and_families_stay_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remote_walk, "LEAST", 3)
    names = [f"{number:03}.jpg" for number in range(20)] + ["007.png", "007.x.jpg", "007.bmp"]
    listings = list(RemoteWalk(filled(names)))
    assert sorted(name for listing in listings for name in listing.photos) == sorted(names)
    assert max(len(listing.photos) for listing in listings) <= 6
    assert [(listing.whole, listing.last) for listing in listings[-2:]] == [(False, False), (False, True)]
    assert any({"007.bmp", "007.jpg", "007.png", "007.x.jpg"} <= set(listing.photos) for listing in listings)
