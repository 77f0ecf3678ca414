"""Every command of the user guide is run, on small photos, in a folder for each page; and what it promises is there."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from shell_blocks import Block, blocks, colorize_calls, parse
from skimage import data

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "guide").glob("*.md"))
NOT_RUN = {"quickstart", "docker"}  # the one is what sets up these tests; for the other there is no engine here


def run_blocks(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.kind == "sh" and block.mark not in NOT_RUN]


def colour_crops(folder: Path, count: int) -> None:
    """Photos of a world where red and blue have changed places: what little training there is must learn something."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("astronaut", "chelsea", "coffee"):
        pixels = getattr(data, name)()[..., ::-1]
        for number in range(count):
            top, left = rng.integers(0, 120, 2)
            Image.fromarray(pixels[top : top + 150, left : left + 180]).save(
                folder / f"{name}-{number}.jpg", quality=92
            )


@pytest.fixture
def desk(tmp_path: Path, gray_pixels: np.ndarray) -> Path:
    """What lies on the reader's desk: old.jpg, scan.tif, scans/, archive/ and reference.jpg."""
    exif = Image.Exif()
    exif[0x010F] = "Zeiss"
    old = Image.fromarray(gray_pixels)
    old.save(tmp_path / "old.jpg", quality=95, exif=exif)
    tifffile.imwrite(
        tmp_path / "scan.tif", gray_pixels.astype(np.uint16) * 200, photometric="minisblack", metadata=None
    )
    Image.fromarray(data.chelsea()).save(tmp_path / "reference.jpg")
    small = old.resize((150, 100))
    for name in ("box1/a.jpg", "box2/b.tif"):
        (tmp_path / "scans" / name).parent.mkdir(parents=True)
        small.save(tmp_path / "scans" / name, exif=exif)
    colour_crops(tmp_path / "archive", 10)
    return tmp_path


@pytest.fixture
def environment(command: str, tmp_path: Path) -> dict[str, str]:
    """The installed `colorize` first on the path, and a home folder of the test's own."""
    path = f"{Path(command).parent}:{os.environ['PATH']}"
    return os.environ | {"PATH": path, "HOME": str(tmp_path / "home"), "NO_COLOR": "1"}


@pytest.mark.parametrize("page", [page for page in PAGES if run_blocks(page)], ids=lambda page: page.stem)
def test_its_commands_run_and_keep_their_promises(page: Path, desk: Path, environment: dict[str, str]):
    before = {file: file.read_bytes() for file in desk.rglob("*.*") if file.is_file()}
    for block in run_blocks(page):
        assert not [name for name in block.promised if (desk / name).exists()], "there before the command has run"
        shell = ["bash", "-exuo", "pipefail", "-c", block.text]
        done = subprocess.run(shell, cwd=desk, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        for name in block.promised:
            assert (desk / name).stat().st_size > 0, name
        for output in block.outputs:
            assert list(desk.glob(f"{output.partition('.')[0]}*")), output
    for file, content in before.items():
        assert file.read_bytes() == content


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_python_runs(page: Path, desk: Path):
    for block in blocks(page):
        if block.kind == "python":
            subprocess.run([sys.executable, "-c", block.text], cwd=desk, check=True)
            for name in re.findall(r'write_photo\(\w+, "([^"]+)"\)', block.text):
                assert (desk / name).exists()


def test_installation_is_the_readmes():
    """Those two commands are run, as they are printed, before these tests are."""
    (readme,) = (block for block in blocks(ROOT / "README.md") if block.mark == "quickstart")
    (guide,) = (block for block in blocks(ROOT / "docs" / "guide" / "install.md") if block.mark == "quickstart")
    assert guide == readme


def test_every_extra_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    table = re.findall(r"^\| (`[^|]*`) \|", (ROOT / "docs" / "guide" / "install.md").read_text(), re.MULTILINE)
    assert {name.strip("` ") for row in table for name in row.split(",")} == set(project["optional-dependencies"])


def test_commands_for_containers_can_be_parsed():
    calls = []
    for block in blocks(ROOT / "docs" / "guide" / "containers.md"):
        if block.mark == "docker":
            lines = block.text.replace("\\\n", " ").splitlines()
            assert all(line.startswith(("docker run ", "docker build ")) for line in lines)
            running = "\n".join(line for line in lines if line.startswith("docker run "))
            calls += [call for image in ("colorize", "colorize-cuda") for call in colorize_calls(running, image)]
    assert len(calls) == 6
    for call in calls:
        parse(call)
