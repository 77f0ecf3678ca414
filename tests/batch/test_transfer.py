"""A worker's way with a store: fetched whole, coloured as ever, put whole, and nothing left behind."""

import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from colorizer_cli.batch.coloring import colorizing
from colorizer_cli.batch.job import Identity, Outcome, Recipe, Task
from colorizer_cli.storage.opening import open_store
from colorizer_cli.storage.store import Store

Colour = Callable[[Task], Outcome]


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, Store]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    top = f"memory://{secrets.token_hex(6)}"
    return open_store(f"{top}/scans"), open_store(f"{top}/colour")


@pytest.fixture
def colour(stores: tuple[Store, Store], tiny: Path) -> Colour:
    return colorizing(Recipe(weights=str(tiny)), "onnx", "cpu", stores[0].url, stores[1].url)


def test_the_same_bytes_as_from_a_folder(stores: tuple[Store, Store], gray_jpeg: Path, tmp_path: Path):
    source, output = stores
    folder = tmp_path / "scans"
    folder.mkdir()
    hints = b'[{"x": 120, "y": 200, "color": "#2a5a9e", "radius": 12}]'
    (folder / "a#?%.jpg").write_bytes(gray_jpeg.read_bytes())
    (folder / "a#?%.jpg.hints.json").write_bytes(hints)
    source.write("a#?%.jpg", gray_jpeg.read_bytes())
    source.write("a#?%.jpg.hints.json", hints)
    beside = Identity(len(hints), 0)
    colour = colorizing(Recipe(), "onnx", "cpu", source.url, output.url)
    local = colorizing(Recipe(), "onnx", "cpu", str(folder), str(tmp_path / "colour"))
    for hinted in (None, beside):
        task = Task("a#?%.jpg", "box/a#?%.jpg", overwrite=True, hints=hinted)
        there, here = colour(task), local(task)
        assert (there.error, here.error) == (None, None)
        assert output.read("box/a#?%.jpg") == (tmp_path / "colour" / "box" / "a#?%.jpg").read_bytes()
        assert there.identity is not None
        assert here.identity is not None
        assert there.identity.sha256 == here.identity.sha256
        assert there.result_file == Identity.of_stored(output.info("box/a#?%.jpg"))
    assert [list(path.iterdir()) for path in (tmp_path / "tmp").iterdir()] == [[]]  # a worker's folder, empty


def test_what_goes_wrong_is_the_photos_and_names_it(
    stores: tuple[Store, Store], colour: Colour, gray_jpeg: Path, tmp_path: Path
):
    source, output = stores
    source.write("broken.jpg", b"nonsense")
    source.write("a.jpg", gray_jpeg.read_bytes())
    output.write("a.jpg", b"precious")
    gone, broken, taken = (colour(Task(name, name)) for name in ("gone.jpg", "broken.jpg", "a.jpg"))
    assert "gone since it was listed" in str(gone.error)
    assert f"{source.url}/broken.jpg" in str(broken.error)
    assert str(tmp_path) not in str(broken.error)
    assert "has appeared meanwhile" in str(taken.error)
    assert output.read("a.jpg") == b"precious"
    assert not any(outcome.stops_run for outcome in (gone, broken, taken))


def test_unchanged_content_is_not_written_again(stores: tuple[Store, Store], colour: Colour, gray_jpeg: Path):
    source, output = stores
    source.write("a.jpg", gray_jpeg.read_bytes())
    first = colour(Task("a.jpg", "a.jpg"))
    assert first.identity is not None
    again = colour(Task("a.jpg", "a.jpg", overwrite=True, known=first.identity))
    assert (again.unchanged, again.result_file) == (True, first.result_file)
    output.remove("a.jpg")
    gone = colour(Task("a.jpg", "a.jpg", overwrite=True, known=first.identity))
    assert not gone.unchanged
    assert output.read("a.jpg") is not None
