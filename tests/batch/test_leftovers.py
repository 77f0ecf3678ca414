"""Temporary files: which of them a run may remove."""

from pathlib import Path

import pytest

from colorizer_cli.batch.leftovers import shares_temporary_name, sweep

LONG = "Smith family, summer holidays by the sea, 19"  # longer than what a temporary file keeps of it


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (".a-0a1b2c3d.part", ".a-0a1b2c3d.part.1", ".a-0a1b2c3d.part.part", ".b-0a1b2c3d.part"):
        (tmp_path / name).touch()
    return tmp_path


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_belongs_to_a_result_is_removed_and_nothing_else(folder: Path):
    for name in ("a.jpg", ".a-letters.part", ".a-0a1b2c3d.partial", ".a-0a1b2c3d.part.x"):
        (folder / name).touch()
    assert sweep(str(folder), ["a.jpg"]) == 3
    assert left(folder) == [".a-0a1b2c3d.part.x", ".a-0a1b2c3d.partial", ".a-letters.part", ".b-0a1b2c3d.part", "a.jpg"]


def test_files_of_results_that_are_being_written_stay(folder: Path):
    assert shares_temporary_name("a.tif", ["b.jpg", "a.jpg"])
    assert not shares_temporary_name("a.tif", ["sub/a.jpg", "b.jpg"])
    assert shares_temporary_name(f"{LONG}30.jpg", [f"{LONG}31.jpg"])
    assert sweep(str(folder), ["a.tif", "b.jpg"], busy=["a.jpg"]) == 1
    assert left(folder) == [".a-0a1b2c3d.part", ".a-0a1b2c3d.part.1", ".a-0a1b2c3d.part.part"]
