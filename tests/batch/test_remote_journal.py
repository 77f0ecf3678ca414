"""A journal made of objects: what is safe, what is joined, and who may write."""

import json
import secrets
import threading

import pytest

from colorizer_cli.batch import remote_journal, remote_lock
from colorizer_cli.batch.job import Identity, Outcome, Task
from colorizer_cli.batch.journal import NAME, Journal
from colorizer_cli.batch.remote_journal import StoreLog, join, lines, parts
from colorizer_cli.batch.remote_lock import FOLDER, StoreLock
from colorizer_cli.batch.shard import Shard
from colorizer_cli.errors import OutputError
from colorizer_cli.storage.opening import open_store
from colorizer_cli.storage.store import Store


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(remote_lock, "SETTLE_SECONDS", 0.0)
    return open_store(f"memory://{secrets.token_hex(6)}/colour")


def opened(store: Store, run: str = "aa") -> Journal:
    return Journal.over("journal", StoreLog(store, run, StoreLock(store, None, print)), lines(store))


def done(photo: str) -> Outcome:
    return Outcome(Task(photo, photo), 0.1, Identity(1, 0, "h", "tag"), Identity(2, 0, "", "other"))


def names(store: Store) -> list[str]:
    return [item.name for item in store.items("") if item.stored] + parts(store)


def test_lines_are_safe_when_they_are_synced(store: Store):
    journal = opened(store)
    journal.start_run(source="s3://a", fresh=False)
    journal.begin({"a.jpg": "a.jpg", "b.jpg": "b.jpg"})
    journal.finish(done("a.jpg"), "w", "o")
    killed = Journal.read("journal", lines(store))
    assert set(killed.begun) == {"a.jpg", "b.jpg"}  # so a result that is there is known for what it is
    journal.close()
    found = Journal.read("journal", lines(store))
    assert (set(found.begun), set(found.entries)) == ({"b.jpg"}, {"a.jpg"})
    assert found.entries["a.jpg"] == journal.entries["a.jpg"]
    assert found.entries["a.jpg"].identity == Identity(1, 0, "h", "tag")


def test_objects_are_joined_and_a_kill_in_between_harms_nothing(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remote_journal, "PART_BYTES", 300)
    journal = opened(store)
    journal.start_run(source="s3://a", fresh=False)
    for number in range(9):
        journal.finish(done(f"{number}.jpg"), "w", "o")
        journal.begin({"next.jpg": "next.jpg"})
    journal.close()
    again = opened(store, "bb")
    again.start_run(source="s3://a", fresh=True)
    again.finish(done("0.jpg"), "w", "o")
    again.close()
    assert len(parts(store)) > 5
    before = Journal.read("journal", lines(store))
    assert before.stale == {f"{number}.jpg" for number in range(1, 9)}
    killed = len(parts(store)) - 2  # after the joined one was written, and some parts were removed
    remove, removed = store.remove, []

    def remove_some(name: str) -> None:
        if len(removed) == killed:
            raise KeyboardInterrupt
        removed.append(name)
        remove(name)

    monkeypatch.setattr(store, "remove", remove_some)
    with pytest.raises(KeyboardInterrupt):
        join(store)
    monkeypatch.setattr(store, "remove", remove)
    assert len(parts(store)) == 2
    for _ in range(2):
        found = Journal.read("journal", lines(store))
        assert (found.entries, found.stale) == (before.entries, before.stale)
        join(store)
    assert names(store) == [NAME]
    assert all(json.loads(line) for line in lines(store))


def test_a_large_journal_is_not_written_anew_for_a_few_lines(store: Store):
    store.write(NAME, b'{"run":1,"source":"s","time":1}\n' * 1000)
    for number in range(remote_journal.MOST_PARTS):
        assert len(parts(store)) == number
        journal = opened(store, f"{number:02}")
        journal.start_run(source="s", fresh=False)
        journal.close()
        join(store)
    assert names(store) == [NAME]
    assert sum(1 for _ in lines(store)) == 1000 + remote_journal.MOST_PARTS


def shards(*texts: str) -> list[Shard | None]:
    return [Shard.parse(text) if text else None for text in texts]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (*shards("", ""), False),
        (*shards("1/2", "2/2"), True),
        (*shards("1/2", "1/2"), False),
        (*shards("1/2", ""), False),
        (*shards("", "1/2"), False),
        (*shards("1/2", "1/3"), False),
    ],
    ids=str,
)
def test_who_may_work_at_the_same_time(
    store: Store, first: Shard | None, second: Shard | None, together: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(remote_lock, "_machine", lambda: "")  # as from two machines
    with StoreLock(store, first, print):
        if together:
            with StoreLock(store, second, print):
                pass
        else:
            with pytest.raises(OutputError, match="in use: another run"), StoreLock(store, second, print):
                pass
    with StoreLock(store, second, print):
        assert len(list(store.items(FOLDER))) == 1
    assert list(store.items(FOLDER)) == []


@pytest.mark.parametrize("kept", ["", "1-of-3"])
def test_the_lock_of_a_dead_run_is_taken_over_and_said(store: Store, kept: str, monkeypatch: pytest.MonkeyPatch):
    name = f"{FOLDER}/lock.{kept}.json" if kept else f"{FOLDER}/lock.json"
    dead = {"run": "dead", "host": "elsewhere", "pid": 1, "machine": "other", "beat": 0.0}
    store.write(name, json.dumps(dead).encode())
    monkeypatch.setattr(remote_lock, "BEAT_SECONDS", 0.1)
    said: list[str] = []
    with StoreLock(store, None, said.append):
        pass
    assert "elsewhere" in said[0]
    assert "no more" in said[1]
    assert list(store.items(FOLDER)) == []


def test_the_lock_of_a_process_of_this_machine_that_was_killed(store: Store):
    owner = StoreLock(store, None, print)
    store.write(
        f"{FOLDER}/lock.json",
        json.dumps(
            {"run": "x", "host": "h", "pid": 2**22 + 1, "machine": remote_lock._machine(), "beat": 9e99}
        ).encode(),
    )
    with owner:
        pass


def test_a_clock_that_is_slow_is_no_death(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remote_lock, "BEAT_SECONDS", 1.0)
    holder = {"run": "x", "host": "h", "pid": 1, "machine": "other", "beat": 0.0}
    store.write(f"{FOLDER}/lock.json", json.dumps(holder).encode())
    beat = threading.Timer(0.5, store.write, (f"{FOLDER}/lock.json", json.dumps(holder | {"beat": 1.0}).encode()))
    beat.start()
    with pytest.raises(OutputError, match="in use"), StoreLock(store, None, print):
        pass
    beat.join()


def test_a_run_that_was_taken_for_dead_ends(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remote_lock, "BEAT_SECONDS", 0.05)
    with StoreLock(store, None, print) as lock:
        log = StoreLog(store, "aa", lock)
        log.write(b"{}\n")
        store.write(f"{FOLDER}/lock.json", b'{"run": "another"}')
        lock._beating.join(5)
        with pytest.raises(OutputError, match="taken over"):
            log.sync()
    assert store.read(f"{FOLDER}/lock.json") == b'{"run": "another"}'
