"""`colorize evaluate`, as installed."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
from skimage import data

Run = Callable[..., object]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("astronaut", "chelsea", "coffee"):
        pyvips.Image.new_from_array(np.ascontiguousarray(getattr(data, name)()[:300])).pngsave(
            str(folder / f"{name}.png")
        )
    return folder


def test_table_json_csv_and_report(colorize: Run, photos: Path, tmp_path: Path):
    done = colorize("evaluate", "photos", "--short-side", "96", "--csv", "each.csv", "--report", "look.html")
    assert done.returncode == 0, done.stderr
    table = done.stdout.decode()
    for word in ("a/b MSE", "PSNR", "SSIM", "CIEDE2000", "gray", "mean colour", "vividness 0"):
        assert word in table
    assert b"3 photos" in done.stderr
    rows = list(csv.DictReader((tmp_path / "each.csv").read_text().splitlines()))
    assert len(rows) == 3 * 4

    again = colorize("evaluate", "photos", "--short-side", "96", "--json", "--vividness", "0")
    found = json.loads(again.stdout)
    assert [method["name"] for method in found["methods"]][:2] == ["hybrid-lite, vividness 0", "gray"]
    expected = np.mean([float(row["ab_mse"]) for row in rows if row["method"] == "hybrid-lite, vividness 0"])
    assert found["methods"][0]["figures"]["ab_mse"]["mean"] == pytest.approx(expected, rel=1e-5)
    assert found["protocol"]["short side"] == 96

    before = (tmp_path / "look.html").read_bytes()
    refused = colorize("evaluate", "photos", "--report", "look.html")
    assert refused.returncode == 1
    assert b"exists already" in refused.stderr
    assert (tmp_path / "look.html").read_bytes() == before


def test_a_folder_that_is_named_twice_is_measured_once(colorize: Run, photos: Path):
    done = colorize("evaluate", "photos", "photos", "--short-side", "64", "--json", "--vividness", "0")
    assert json.loads(done.stdout)["photos"] == 3


def test_one_file_for_two_things(colorize: Run, photos: Path, tmp_path: Path):
    done = colorize("evaluate", "photos", "--csv", "x", "--report", "x")
    assert done.returncode == 2
    assert b"cannot be the same file" in done.stderr
    assert not (tmp_path / "x").exists()


def test_two_sets_of_weights_are_compared_in_pairs(colorize: Run, photos: Path, tmp_path: Path):
    from colorizer_cli.weights.registry import find_weights

    (tmp_path / "mine").symlink_to(find_weights().path)
    done = colorize(
        "evaluate", "photos", "--short-side", "96", "--weights", "hybrid-lite", "--weights", "mine", "--json"
    )
    assert done.returncode == 0, done.stderr
    methods = json.loads(done.stdout)["methods"]
    twin = methods[2]
    assert twin["name"].startswith("mine")
    for difference in twin["against"].values():  # the same weights: no difference, and no doubt about it
        assert difference == {"mean": 0, "low": 0, "high": 0}


def test_gray_photos_cannot_be_measured_against(colorize: Run, scans: Callable[..., Path]):
    scans(3)
    done = colorize("evaluate", "scans")
    assert done.returncode == 1
    assert b"0 usable colour photos" in done.stderr
    assert b"3 gray" in done.stderr
