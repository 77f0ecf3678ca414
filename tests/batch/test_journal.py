import json
import os
import time
from pathlib import Path

import pytest

from colorizer_cli.batch.job import Identity, Outcome, Task
from colorizer_cli.batch.journal import Journal
from colorizer_cli.batch.lock import open_locked
from colorizer_cli.errors import OutputError

ODD = ["-dash.jpg", "new\nline.jpg", "caf\udce9.jpg", "ünï/côdé.jpg", 'quote".jpg']


def done(photo: str) -> Outcome:
    return Outcome(Task(photo, photo), 0.5, Identity(10, 20, "ab"), Identity(30, 40), confidence=0.25)


def opened(path: Path) -> Journal:
    return Journal.open(str(path), open_locked(str(path)))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal of one run with two photos done."""
    journal = opened(tmp_path / "journal")
    journal.start_run(source="/scans", fresh=False)
    journal.begin({"a.jpg": "a.jpg", "b.jpg": "b.jpg", "c.jpg": "c.jpg"})
    for photo in ("a.jpg", "b.jpg"):
        journal.finish(done(photo), "weights", "options")
    journal.close()
    return tmp_path / "journal"


def test_what_is_written_is_read(journal: Path):
    found = Journal.read(str(journal))
    assert list(found.entries) == ["a.jpg", "b.jpg"]
    entry = found.entries["a.jpg"]
    assert (entry.identity, entry.result_file) == (Identity(10, 20, "ab"), Identity(30, 40))
    assert (entry.weights, entry.options, entry.confidence, entry.error) == ("weights", "options", 0.25, None)
    assert (found.source, found.begun, found.damaged) == ("/scans", {"c.jpg": "c.jpg"}, 0)


def test_every_torn_last_line_is_repaired(journal: Path):
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in range(len(whole) - len(lines[-1]), len(whole)):
        journal.write_bytes(whole[:cut])
        found = opened(journal)
        assert (list(found.entries), found.begun) == (["a.jpg"], {"b.jpg": "b.jpg", "c.jpg": "c.jpg"})
        found.finish(done("c.jpg"), "weights", "options")
        found.close()
        assert [next(iter(json.loads(line))) for line in journal.read_bytes().splitlines()] == [
            "run",
            "begun",
            "done",
            "done",
        ]


def test_lines_of_garbage_are_counted_and_passed(journal: Path):
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:2], bytes(100) + b"\n", b"[1]\n", b'{"done":"x"}\n', *lines[2:]]))
    found = opened(journal)
    found.close()
    assert list(found.entries) == ["a.jpg", "b.jpg"]
    assert found.damaged == 3


def test_odd_names(tmp_path: Path):
    journal = opened(tmp_path / "journal")
    journal.begin({name: name for name in ODD})
    for name in ODD[1:]:
        journal.finish(done(name), "w", "o")
    journal.close()
    found = Journal.read(str(tmp_path / "journal"))
    assert list(found.entries) == ODD[1:]
    assert list(found.begun) == ODD[:1]


def test_a_failure_does_not_forget_what_was_written_before(journal: Path):
    again = opened(journal)
    again.finish(Outcome(Task("a.jpg", "a.jpg"), 0.1, Identity(11, 21), error="broken"), "weights", "options")
    again.close()
    entry = Journal.read(str(journal)).entries["a.jpg"]
    assert (entry.error, entry.identity, entry.result_file) == ("broken", Identity(11, 21), Identity(30, 40))


def test_what_was_released_is_not_begun_any_more(journal: Path):
    again = opened(journal)
    assert list(again.begun) == ["c.jpg"]
    again.begin({"d.jpg": "d.jpg"})
    again.release(["c.jpg"])
    again.close()
    assert Journal.read(str(journal)).begun == {"d.jpg": "d.jpg"}


@pytest.mark.parametrize("uncertain", [False, True])
def test_a_failure_that_may_have_left_a_result(journal: Path, uncertain: bool):
    again = opened(journal)
    failed = Outcome(Task("c.jpg", "c.jpg"), 0.1, error="no answer", uncertain=uncertain)
    again.finish(failed, "weights", "options")
    again.close()
    found = Journal.read(str(journal))
    assert found.entries["c.jpg"].error == "no answer"
    assert ("c.jpg" in found.begun) == uncertain


def test_a_fresh_start_makes_entries_stale_until_they_are_done_again(journal: Path):
    again = opened(journal)
    again.start_run(source="/scans", fresh=True)
    again.finish(done("a.jpg"), "weights", "options")
    again.close()
    assert Journal.read(str(journal)).stale == {"b.jpg"}


def test_a_journal_of_a_later_version_is_left_alone(journal: Path):
    journal.write_bytes(b'{"run":2,"source":"/scans"}\n')
    with pytest.raises(OutputError, match="newer version"):
        Journal.read(str(journal))


def test_a_missing_journal_is_an_empty_one(tmp_path: Path):
    assert Journal.read(str(tmp_path / "none")).entries == {}
    assert os.listdir(tmp_path) == []


def test_the_second_is_refused(tmp_path: Path):
    first = open_locked(str(tmp_path / "journal"))
    with pytest.raises(OutputError, match="another run"):
        open_locked(str(tmp_path / "journal"))
    first.close()
    open_locked(str(tmp_path / "journal")).close()


def test_a_photo_costs_less_than_a_millisecond(tmp_path: Path):
    """Of the processor; the disk is waited for once for 64 photos begun, and once a second for those done."""
    journal = opened(tmp_path / "journal")
    names = [f"folder/{number}.jpg" for number in range(6400)]
    started = time.process_time()
    for block in range(0, len(names), 64):
        journal.begin({name: name for name in names[block : block + 64]})
        for name in names[block : block + 64]:
            journal.finish(done(name), "w" * 64, "o" * 16)
    seconds = time.process_time() - started
    journal.close()
    assert seconds / len(names) < 0.001
