"""What the user knows, through the installed command: hints, palette, candidates, confidence, questions."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image
from skimage import data

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
Open = Callable[[Path], Image.Image]


def test_asked_places_can_be_answered(colorize: Run, gray_jpeg: Path, tmp_path: Path, open_image: Open):
    asked = colorize("old.jpg", "-o", "new.jpg", "--ask", "3")
    assert asked.returncode == 0, asked.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new-questions.jpg", "old.jpg", "old.jpg.hints.json"]
    hints = json.loads((tmp_path / "old.jpg.hints.json").read_text())
    assert len(hints) == 3
    hints[0]["color"] = "#2a5a9e"
    (tmp_path / "answers.json").write_text(json.dumps(hints))
    done = colorize("old.jpg", "-o", "new.png", "--hints", "answers.json")
    assert done.returncode == 0, done.stderr
    red, _, blue = np.asarray(open_image(tmp_path / "new.png"))[int(hints[0]["y"]), int(hints[0]["x"])].astype(int)
    assert blue > red


def test_asking_again_keeps_the_answers(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    known = {"x": 100.0, "y": 80.0, "color": "#2a5a9e", "radius": 6.0, "comment": "it was blue"}
    (tmp_path / "old.jpg.hints.json").write_text(json.dumps([known]))
    asked = colorize("old.jpg", "-o", "new.jpg", "--ask", "2", "--hints", "old.jpg.hints.json", "--overwrite", "--json")
    assert asked.returncode == 0, asked.stderr
    hints = json.loads((tmp_path / "old.jpg.hints.json").read_text())
    assert hints[0] == known
    assert len(hints) == 1 + json.loads(asked.stdout)["questions"] == 3


def test_wrong_hints_are_wrong_usage(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    (tmp_path / "h.json").write_text('[{"x": 9000, "y": 1, "color": "#123456"}]')
    done = colorize("old.jpg", "-o", "new.jpg", "--hints", "h.json")
    assert done.returncode == 2
    assert b"outside the photo" in done.stderr
    assert not (tmp_path / "new.jpg").exists()


def test_candidates_and_the_one_that_is_picked(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    done = colorize("old.jpg", "-o", "new.jpg", "--candidates", "3", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["candidates"] == ["new-1.jpg", "new-2.jpg", "new-3.jpg"]
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["new-1.jpg", "new-2.jpg", "new-3.jpg", "new-candidates.jpg", "old.jpg"]
    assert colorize("old.jpg", "-o", "picked.jpg", "--pick", "3").returncode == 0
    assert (tmp_path / "picked.jpg").read_bytes() == (tmp_path / "new-3.jpg").read_bytes()
    assert colorize("old.jpg", "-o", "more.jpg", "--candidates", "2", "--pick", "2").returncode == 2


def test_candidates_without_metadata(colorize: Run, gray_pixels: np.ndarray, tmp_path: Path, open_image: Open):
    tags = Image.Exif()
    tags[0x010F] = "Zeiss"
    Image.fromarray(gray_pixels).save(tmp_path / "old.jpg", exif=tags)
    for options, name in ((["--strip-metadata"], "bare"), ([], "full")):
        done = colorize("old.jpg", "-o", f"{name}.jpg", "--candidates", "2", *options)
        assert done.returncode == 0, done.stderr
    assert open_image(tmp_path / "full-2.jpg").getexif().get(0x010F) == "Zeiss"
    assert open_image(tmp_path / "bare-2.jpg").getexif().get(0x010F) is None
    assert b"DigitalSourceType" in open_image(tmp_path / "bare-2.jpg").info["xmp"]


def test_palette_and_confidence(colorize: Run, gray_jpeg: Path, tmp_path: Path, open_image: Open):
    pyvips.Image.new_from_array(data.coffee()).jpegsave(str(tmp_path / "coffee.jpg"))
    pyvips.Image.new_from_array(data.chelsea()).jpegsave(str(tmp_path / "cat.jpg"))
    done = colorize("old.jpg", "-o", "new.jpg", "--like", "coffee.jpg", "--like", "cat.jpg", "--confidence", "map.png")
    assert done.returncode == 0, done.stderr
    assert open_image(tmp_path / "map.png").width == 600
    assert b"coffee.jpg" in (tmp_path / "new.jpg").read_bytes()  # said in the provenance


@pytest.mark.parametrize("option", ["--like", "--hints"])
def test_a_missing_file_is_named(colorize: Run, gray_jpeg: Path, tmp_path: Path, option: str):
    done = colorize("old.jpg", "-o", "new.jpg", option, "missing.file")
    assert done.returncode in (1, 2)
    assert b"missing.file" in done.stderr
    assert not (tmp_path / "new.jpg").exists()
