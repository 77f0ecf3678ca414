"""A fine-tuned weights folder takes nobody's place but an earlier one's."""

from pathlib import Path

import pytest

from colorizer_cli.errors import UsageError
from colorizer_cli.training.destination import OWN, aside, check_destination


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "family" / "archive"
    folder.mkdir(parents=True)
    (folder / "only.jpg").write_bytes(b"precious")
    return folder


@pytest.mark.parametrize("output", ["family/archive", "family", ".", "family/archive/../../family"])
def test_a_folder_that_holds_the_photos_is_refused(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"holds the photos|a name of its own"):
        check_destination(Path(output), [archive], overwrite=True)


def test_what_is_not_part_of_a_weights_folder_is_never_replaced(archive: Path, tmp_path: Path):
    output = tmp_path / "mine"
    check_destination(output, [archive], overwrite=False)
    output.mkdir()
    for name in OWN:
        (output / name).touch()
    (output / ".DS_Store").touch()
    with pytest.raises(UsageError, match="--overwrite"):
        check_destination(output, [archive], overwrite=False)
    check_destination(output, [archive], overwrite=True)
    (output / "letters").mkdir()
    with pytest.raises(UsageError, match="holds letters"):
        check_destination(output, [archive], overwrite=True)


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_nor_is_what_stands_where_weights_are_kept_aside(archive: Path, tmp_path: Path, kind: str):
    place = aside(tmp_path / "mine")
    if kind == "file":
        place.touch()
    elif kind == "link":
        place.symlink_to(archive)
    else:
        place.mkdir()
        (place / "note.txt").touch()
    with pytest.raises(UsageError, match="not replaced"):
        check_destination(tmp_path / "mine", [archive], overwrite=True)


def test_inside_an_archive_is_a_place_like_others(archive: Path):
    check_destination(archive / "mine", [archive], overwrite=False)


@pytest.mark.parametrize("name", ["mi\udcff", "a\tb", "x" * 201])
def test_names_that_weights_cannot_have(name: str, tmp_path: Path):
    with pytest.raises(UsageError, match="printable"):
        check_destination(tmp_path / name, [], overwrite=False)
