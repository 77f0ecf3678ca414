"""What is done again, what is not, and what is never replaced."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from colorizer_cli.batch.job import BatchJob, Identity, Outcome, Recipe, Task
from colorizer_cli.batch.journal import Journal
from colorizer_cli.batch.lock import open_locked
from colorizer_cli.batch.naming import Naming
from colorizer_cli.batch.plan import Findings, Made, Plan

WEIGHTS, OPTIONS = "w", "o"


class Archive:
    """Folders and a journal whose photos were all "coloured"; no pixel is needed to plan."""

    def __init__(self, folder: Path) -> None:
        self.source, self.output = folder / "in", folder / "out"
        self.source.mkdir()
        self.output.mkdir()
        self.journal = Journal.open("journal", open_locked(str(self.output / "journal")))

    def add(self, *photos: str) -> None:
        for photo in photos:
            (self.source / photo).parent.mkdir(parents=True, exist_ok=True)
            (self.source / photo).write_bytes(photo.encode())

    def plan(self, weights: str = WEIGHTS, options: str = OPTIONS, **job: object) -> tuple[list[Task], Findings]:
        asked = BatchJob(str(self.source), str(self.output), **job)
        plan = Plan(asked, self.journal, Naming(asked.form), Made(weights, options))
        return list(plan), plan.findings

    def colour(self, error: str | None = None) -> None:
        for task in self.plan()[0]:
            result = self.output / task.result
            result.parent.mkdir(parents=True, exist_ok=True)
            identity, written = Identity.of(os.stat(self.source / task.photo), "hash"), None
            if error is None:
                result.write_bytes(b"in colour")
                written = Identity.of(os.stat(result))
            self.journal.finish(Outcome(task, 0.1, identity, written, error=error), WEIGHTS, OPTIONS)

    def photos(self, **job: object) -> list[str]:
        return [task.photo for task in self.plan(**job)[0]]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path)
    yield archive
    archive.journal.close()


@pytest.fixture
def archive(empty: Archive) -> Archive:
    empty.add("a.jpg", "b.jpg", "sub/c.png")
    empty.colour()
    return empty


def test_what_is_done_is_not_done_again(archive: Archive):
    tasks, findings = archive.plan()
    assert (tasks, findings.photos, findings.unchanged) == ([], 3, 3)


def test_changed_photos_and_vanished_results_are_done_again(archive: Archive):
    (archive.source / "a.jpg").write_bytes(b"another scan")
    (archive.output / "sub/c.png").unlink()
    archive.add("new.jpg")
    tasks = {task.photo: task for task in archive.plan()[0]}
    assert set(tasks) == {"a.jpg", "sub/c.png", "new.jpg"}
    assert tasks["a.jpg"].overwrite
    assert tasks["a.jpg"].known is not None
    assert tasks["sub/c.png"].known is None  # unchanged content must not keep it from being written


def test_other_weights_or_options_do_all_again(archive: Archive):
    for plan in (archive.plan(weights="other"), archive.plan(options="other")):
        assert [(task.photo, task.overwrite, task.known) for task in plan[0]] == [
            (photo, True, None) for photo in ("a.jpg", "b.jpg", "sub/c.png")
        ]


def test_a_result_that_someone_has_edited_is_not_replaced(archive: Archive):
    (archive.output / "a.jpg").write_bytes(b"retouched by hand")
    (archive.source / "a.jpg").write_bytes(b"another scan")
    tasks, findings = archive.plan()
    assert (tasks, findings.existing) == ([], ["a.jpg"])
    assert archive.photos(overwrite=True) == ["a.jpg"]


def test_files_that_no_journal_knows_are_not_replaced(archive: Archive):
    archive.add("d.jpg")
    (archive.output / "d.jpg").write_bytes(b"precious")
    tasks, findings = archive.plan()
    assert (tasks, findings.existing) == ([], ["d.jpg"])


def test_a_result_whose_line_was_never_written_is_replaced(archive: Archive):
    archive.add("d.jpg")
    archive.journal.begin({"d.jpg": "d.jpg"})
    (archive.output / "d.jpg").write_bytes(b"in colour")
    assert archive.plan()[0] == [Task("d.jpg", "d.jpg", overwrite=True)]


def test_a_result_that_has_gone_while_its_photo_was_begun_again_is_made_again(archive: Archive):
    (archive.output / "a.jpg").unlink()
    archive.journal.begin({"a.jpg": "a.jpg"})  # and interrupted before it was done
    assert archive.plan()[0] == [Task("a.jpg", "a.jpg", overwrite=True)]


def test_a_foreign_file_whose_replacement_was_interrupted_is_not_taken_for_a_result(archive: Archive):
    (archive.output / "a.jpg").write_bytes(b"retouched by hand")
    archive.journal.begin({"a.jpg": "a.jpg"})  # by a run with overwrite
    assert archive.plan()[0] == [Task("a.jpg", "a.jpg", overwrite=True)]


def test_results_of_an_earlier_format_are_still_ours(archive: Archive):
    for form in ("png", None, "png"):
        tasks, findings = archive.plan(options=str(form), form=form)
        assert not findings.existing, form
        assert {task.photo for task in tasks} >= {"a.jpg", "b.jpg"}
        for task in tasks:
            (archive.output / task.result).write_bytes(f"as {form}".encode())
            written = Identity.of(os.stat(archive.output / task.result))
            identity = Identity.of(os.stat(archive.source / task.photo), "hash")
            archive.journal.finish(Outcome(task, 0, identity, written), WEIGHTS, str(form))
    (archive.output / "a.jpg").write_bytes(b"retouched by hand")
    assert archive.plan()[1].existing == ["a.jpg"]


def test_what_was_said_of_an_unchanged_photo_still_holds(archive: Archive):
    entry = archive.journal.entries["a.jpg"]
    task = Task("a.jpg", "a.jpg")
    archive.journal.finish(Outcome(task, 0, entry.identity, entry.result_file, confidence=0.6), WEIGHTS, OPTIONS)
    archive.journal.finish(Outcome(task, 0, entry.identity, entry.result_file, unchanged=True), WEIGHTS, OPTIONS)
    assert archive.journal.entries["a.jpg"].confidence == 0.6


def test_failed_photos_wait_for_a_change_or_for_the_user(archive: Archive):
    archive.add("bad.jpg")
    archive.colour(error="broken")
    tasks, findings = archive.plan()
    assert (tasks, findings.failed_before) == ([], {"bad.jpg": "broken"})
    assert archive.photos(retry_failed=True) == ["bad.jpg"]
    (archive.source / "bad.jpg").write_bytes(b"mended")
    assert archive.photos() == ["bad.jpg"]


def test_allowing_more_takes_up_what_was_refused_and_nothing_else(empty: Archive):
    empty.add("done.jpg")
    empty.colour()
    empty.add("left.jpg", "negative.jpg")
    for photo, outcome in (("left.jpg", {"left_alone": True}), ("negative.jpg", {"error": "looks like a negative"})):
        identity = Identity.of(os.stat(empty.source / photo), "hash")
        empty.journal.finish(Outcome(Task(photo, photo), 0.1, identity, **outcome), WEIGHTS, OPTIONS)
    assert empty.photos() == []
    assert empty.photos(recipe=Recipe(force=True)) == ["left.jpg", "negative.jpg"]
    assert empty.photos(recipe=Recipe(max_pixels=2_000_000_000)) == ["negative.jpg"]


def test_failed_photos_are_retried_once_in_a_run(archive: Archive):
    archive.add("bad.jpg")
    archive.colour(error="broken")
    asked = BatchJob(str(archive.source), str(archive.output), retry_failed=True)
    retried: set[str] = set()

    def look(complete: bool = True) -> list[str]:
        plan = Plan(asked, archive.journal, Naming(), Made(WEIGHTS, OPTIONS), lambda path: complete, retried=retried)
        return [task.photo for task in plan]

    assert [look(complete=False), look(), look()] == [[], ["bad.jpg"], []]
    (archive.source / "bad.jpg").write_bytes(b"mended")
    assert look() == ["bad.jpg"]


def test_a_fresh_start_replaces_its_own_results(archive: Archive):
    archive.journal.start_run(source=str(archive.source), fresh=True)
    assert [task.overwrite for task in archive.plan()[0]] == [True] * 3


def test_names_do_not_move_when_photos_come_and_go(archive: Archive):
    archive.add("x.png")
    assert [task.result for task in archive.plan(form="jpeg")[0] if task.photo == "x.png"] == ["x.jpg"]
    archive.journal.finish(Outcome(Task("x.png", "x.jpg"), 0, Identity(1, 1), Identity(1, 1)), WEIGHTS, OPTIONS)
    (archive.source / "x.png").unlink()
    archive.add("x.tif")
    assert [task.result for task in archive.plan(form="jpeg")[0] if task.photo == "x.tif"] == ["x.tif.jpg"]


@pytest.mark.slow
def test_100_000_photos(tmp_path: Path):
    """In one folder, which has to be read whole: the first task comes soon, and planning stays below a millisecond.

    In a process of its own, as a run has: the tests' own is full of objects that the garbage collector walks over.
    """
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    output.mkdir()
    for number in range(100_000):
        file = source / f"{number}.jpg"
        os.link(source / f"{number - number % 50_000}.jpg", file) if number % 50_000 else file.touch()
    done = subprocess.run(
        [sys.executable, "-c", PLANNING, str(source), str(output)], check=True, capture_output=True, text=True
    )
    first, rest, all_seconds = map(float, done.stdout.split())
    assert first < 2
    assert rest == 99_999
    assert all_seconds / 100_000 < 0.001
    shutil.rmtree(source)  # the tests' folders are kept for a while


PLANNING = """
import sys, time
from colorizer_cli.batch.job import BatchJob
from colorizer_cli.batch.journal import Journal
from colorizer_cli.batch.lock import open_locked
from colorizer_cli.batch.naming import Naming
from colorizer_cli.batch.plan import Made, Plan
source, output = sys.argv[1:]
journal = Journal.open("journal", open_locked(output + "/journal"))
plan = Plan(BatchJob(source, output), journal, Naming(), Made("weights", "options"))
started = time.process_time()
tasks = iter(plan)
next(tasks)
first = time.process_time() - started
rest = sum(1 for _ in tasks)
print(first, rest, time.process_time() - started)
"""
