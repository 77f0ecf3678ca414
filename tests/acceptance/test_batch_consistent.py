"""`batch --consistent`, through the installed command: a series keeps its colours, however it is done."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import pyvips
from skimage import data
from skimage.color import rgb2gray, rgb2lab

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
FRAMES = 4


def write_frames(pixels: np.ndarray, folder: Path, seed: int) -> None:
    """Near-identical frames of one scene: the camera has moved a little; exposure, sharpness and grain differ."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    height, width = pixels.shape
    for number in range(FRAMES):
        top, left = rng.integers(0, height // 16), rng.integers(0, width // 16)
        frame = pixels[top : top + height * 15 // 16, left : left + width * 15 // 16]
        frame = frame ** np.exp(rng.normal(0, 0.2)) * rng.uniform(0.8, 1.05)
        frame = cv2.GaussianBlur(frame, (0, 0), rng.uniform(0.3, 1.2))
        frame = np.clip(frame + rng.normal(0, rng.uniform(0, 0.03), frame.shape), 0, 1)
        image = pyvips.Image.new_from_array(np.round(frame * 255).astype(np.uint8)).copy(interpretation="b-w")
        image.pngsave(str(folder / f"{number}.png"))


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Two folders with a series each."""
    folder = tmp_path / "scans"
    for seed, scene in enumerate(("chelsea", "rocket")):
        write_frames(rgb2gray(getattr(data, scene)()), folder / scene, seed)
    return folder


def unrest(folder: Path) -> tuple[float, float]:
    """Between the frames of a series: the variance of mean a and b, and the mean one over 3 × 3 regions."""
    means, regions = [], []
    for file in sorted(folder.glob("*.png")):
        ab = rgb2lab(pyvips.Image.new_from_file(str(file)).numpy())[..., 1:]
        means.append(ab.mean(axis=(0, 1)))
        regions.append(cv2.resize(ab, (3, 3), interpolation=cv2.INTER_AREA))
    assert len(means) == FRAMES
    return float(np.var(means, axis=0).sum()), float(np.var(regions, axis=0).sum(axis=-1).mean())


def test_frames_of_a_series_differ_less(colorize: Run, series: Path, tmp_path: Path):
    assert colorize("batch", "scans", "-o", "each").returncode == 0
    assert colorize("batch", "scans", "-o", "together", "--consistent").returncode == 0
    scenes = [folder.name for folder in series.iterdir()]
    plain, shared = (
        np.sum([unrest(tmp_path / name / scene) for scene in scenes], axis=0) for name in ("each", "together")
    )
    assert (shared < 0.7 * plain).all(), (plain, shared)
    for scene in scenes:  # and they are not gray for that
        ab = rgb2lab(pyvips.Image.new_from_file(str(tmp_path / "together" / scene / "0.png")).numpy())[..., 1:]
        assert np.hypot(*np.moveaxis(ab, -1, 0)).mean() > 6


def test_the_same_by_any_number_of_workers_and_after_an_interruption(
    colorize: Run, series: Path, tmp_path: Path, hashes: Callable[[Path], dict[bytes, str]]
):
    shutil.copytree(series, tmp_path / "later")
    assert colorize("batch", "scans", "-o", "one", "--consistent", "--jobs", "1").returncode == 0
    assert colorize("batch", "scans", "-o", "three", "--consistent", "--jobs", "3").returncode == 0
    whole = hashes(tmp_path / "one")
    assert len(whole) == 2 * FRAMES
    assert hashes(tmp_path / "three") == whole

    for photo in ("chelsea/1.png", "rocket/3.png"):
        (tmp_path / "three" / photo).unlink()
    shutil.copy(series / "rocket" / "0.png", series / "rocket" / "9.png")  # would give another palette by itself
    again = colorize("batch", "scans", "-o", "three", "--consistent", "--json")
    assert json.loads(again.stdout.splitlines()[-1])["done"] == 3
    found = hashes(tmp_path / "three")
    assert found.pop(b"rocket/9.png") == whole[b"rocket/0.png"]
    assert found == whole
    journal = [json.loads(line) for line in (tmp_path / "three/colorize-journal.jsonl").read_text().splitlines()]
    assert sorted(line["palette"] for line in journal if "palette" in line) == ["chelsea", "rocket"]

    without = colorize("batch", "scans", "-o", "three", "--json")  # another option: all is done again
    assert json.loads(without.stdout.splitlines()[-1])["done"] == 2 * FRAMES + 1
    assert not set(hashes(tmp_path / "three").values()) & set(whole.values())


def test_what_has_no_palette_to_give_does_no_harm(colorize: Run, tmp_path: Path, gray_pixels: np.ndarray):
    (tmp_path / "scans" / "broken").mkdir(parents=True)
    (tmp_path / "scans" / "broken" / "a.jpg").write_bytes(b"nonsense")
    pyvips.Image.new_from_array(data.coffee()).jpegsave(str(tmp_path / "scans" / "colour.jpg"))
    pyvips.Image.new_from_array(gray_pixels).copy(interpretation="b-w").jpegsave(str(tmp_path / "scans" / "gray.jpg"))
    done = colorize("batch", "scans", "-o", "out", "--consistent", "--json")
    assert done.returncode == 3
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (summary["done"], summary["left_alone"], summary["failed"]) == (1, 1, 1)
    assert b"consistent" in (tmp_path / "out" / "gray.jpg").read_bytes()  # said in the provenance
    both = colorize("batch", "scans", "-o", "out", "--consistent", "--like", "scans/colour.jpg")
    assert both.returncode == 2
    assert b"leave one of them away" in both.stderr
