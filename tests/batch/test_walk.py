import os
from pathlib import Path

import pytest

from colorizer_cli.batch.walk import Walk
from colorizer_cli.errors import PhotoError


def tree(root: Path, *files: str) -> None:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def photos(walk: Walk) -> list[str]:
    return [os.path.join(listing.folder, name) for listing in walk for name in listing.photos]


def test_photos_in_order_folder_by_folder(tmp_path: Path):
    tree(tmp_path, "b.jpg", "a.PNG", "z/1.tif", "m/n/2.webp", "m/1.jpeg", "-dash.jpg")
    assert photos(Walk(str(tmp_path))) == ["-dash.jpg", "a.PNG", "b.jpg", "m/1.jpeg", "m/n/2.webp", "z/1.tif"]


def test_what_is_left_alone_is_counted(tmp_path: Path):
    tree(tmp_path, "a.jpg", ".b.jpg", ".hidden/c.jpg", "notes.txt", "movie.mp4", "noend")
    os.mkfifo(tmp_path / "pipe.jpg")
    walk = Walk(str(tmp_path))
    assert photos(walk) == ["a.jpg"]
    assert (walk.skipped.hidden, walk.skipped.not_photos) == (2, 4)


def test_patterns_on_names_and_on_paths(tmp_path: Path):
    tree(tmp_path, "a.jpg", "b.tif", "1920s/c.jpg", "1930s/c.jpg", "1930s/d.tif")
    assert photos(Walk(str(tmp_path), patterns=("*.tif",))) == ["b.tif", "1930s/d.tif"]
    walk = Walk(str(tmp_path), patterns=("1920s/*", "b.*"))
    assert photos(walk) == ["b.tif", "1920s/c.jpg"]
    assert walk.skipped.not_matching == 3


def test_not_recursive(tmp_path: Path):
    tree(tmp_path, "a.jpg", "sub/b.jpg")
    assert photos(Walk(str(tmp_path), recursive=False)) == ["a.jpg"]


def test_loops_end_and_nothing_is_met_twice(tmp_path: Path):
    inside, outside = tmp_path / "in", tmp_path / "outside"
    tree(inside, "a.jpg", "sub/b.jpg")
    tree(outside, "c.jpg")
    (inside / "sub" / "loop").symlink_to(inside)
    (inside / "other").symlink_to(inside / "sub")
    (inside / "self.jpg").symlink_to(inside / "self.jpg")
    (inside / "x1").symlink_to(outside)
    (inside / "x2").symlink_to(outside)
    (outside / "back").symlink_to(inside)
    walk = Walk(str(inside))
    assert photos(walk) == ["a.jpg", "self.jpg", "sub/b.jpg", "x1/c.jpg"]
    assert walk.skipped.linked_twice == 4


def test_a_link_to_a_folder_above_is_not_followed(tmp_path: Path):
    tree(tmp_path / "in", "a.jpg")
    tree(tmp_path, "b.jpg")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    walk = Walk(str(tmp_path / "in"))
    assert photos(walk) == ["a.jpg"]
    assert walk.skipped.linked_twice == 1


@pytest.mark.parametrize("names", [("x1", "x2"), ("x2", "x1")])
def test_folders_outside_that_overlap_are_met_once(tmp_path: Path, names: tuple[str, str]):
    tree(tmp_path / "outside", "a.jpg", "sub/b.jpg", "sub/deep/c.jpg")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / names[0]).symlink_to(tmp_path / "outside")
    (tmp_path / "in" / names[1]).symlink_to(tmp_path / "outside" / "sub" / "deep")
    assert sorted(os.path.basename(photo) for photo in photos(Walk(str(tmp_path / "in")))) == [
        "a.jpg",
        "b.jpg",
        "c.jpg",
    ]


def test_the_output_folder_is_not_picked_up(tmp_path: Path):
    tree(tmp_path, "a.jpg", "colour/a.jpg", "colour/sub/b.jpg")
    status = os.stat(tmp_path / "colour")
    assert photos(Walk(str(tmp_path), excluded=(status.st_dev, status.st_ino))) == ["a.jpg"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tree(tmp_path, "a.jpg", "locked/b.jpg")
    scandir = os.scandir

    def refusing(path: str) -> object:  # root reads everything
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    walk = Walk(str(tmp_path))
    assert photos(walk) == ["a.jpg"]
    assert "Permission denied" in walk.skipped.unreadable["locked"]


def test_a_root_that_cannot_be_read_is_an_error(tmp_path: Path):
    with pytest.raises(PhotoError, match="No such file"):
        photos(Walk(str(tmp_path / "gone")))
    walk = Walk(str(tmp_path / "gone"), patient=True)
    assert photos(walk) == []
    assert "." in walk.skipped.unreadable


def test_names_of_any_bytes(tmp_path: Path):
    folder = os.fsencode(tmp_path)
    for name in (b"caf\xe9.jpg", b"new\nline.jpg", "ünï.jpg".encode()):
        with open(os.path.join(folder, name), "wb"):
            pass
    assert {os.fsencode(name) for name in photos(Walk(str(tmp_path)))} == {
        b"caf\xe9.jpg",
        b"new\nline.jpg",
        "ünï.jpg".encode(),
    }
