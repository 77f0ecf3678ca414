import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import pyvips
from edit_pages import Serve, Served
from playwright.sync_api import Browser, sync_playwright

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def command() -> str:
    """The installed `colorize`, as a shell would find it."""
    found = shutil.which("colorize", path=str(Path(sys.executable).parent)) or shutil.which("colorize")
    assert found, "colorize is not installed"
    return found


@pytest.fixture
def colorize(command: str, tmp_path: Path) -> Run:
    """Runs `colorize …` in the test's folder, offline settings and all, as a user would."""

    def run(*arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        environment = os.environ | {"COLUMNS": "120", "NO_COLOR": "1"}
        return subprocess.run(
            [command, *arguments],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            timeout=300,
            env=environment,
            check=False,
        )

    return run


@pytest.fixture
def scans(tmp_path: Path, gray_pixels: np.ndarray) -> Callable[..., Path]:
    """scans(count, size) makes a folder of small, different gray photos in three formats, two folders deep."""

    def make(count: int, size: tuple[int, int] = (120, 90)) -> Path:
        folder = tmp_path / "scans"
        (folder / "1920s" / "summer").mkdir(parents=True)
        homes = (folder, folder / "1920s", folder / "1920s" / "summer")
        photo = pyvips.Image.new_from_array(gray_pixels).copy(interpretation="b-w")
        width, height = size
        for number in range(count):
            suffix = ("jpg", "png", "tif")[number // 3 % 3]
            part = photo.crop(number * 7 % 50, number * 5 % 20, 550, 380)
            part.thumbnail_image(width, height=height, size="force").write_to_file(
                str(homes[number % 3] / f"scan {number:03}.{suffix}")
            )
        return folder

    return make


@pytest.fixture
def hashes() -> Callable[[Path], dict[bytes, str]]:
    """sha256 of every file below a folder, by path; the journal left out."""

    def compute(folder: Path) -> dict[bytes, str]:
        root = os.fsencode(folder)
        found = {}
        for home, _, names in os.walk(root):
            for name in names:
                if name != b"colorize-journal.jsonl":
                    with open(os.path.join(home, name), "rb") as file:
                        digest = hashlib.file_digest(file, "sha256").hexdigest()
                    found[os.path.relpath(os.path.join(home, name), root)] = digest
        return found

    return compute


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no browser; install chromium")
        pytest.skip("no browser; install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def slow_photo(tmp_path: Path) -> Path:
    """A photo that takes seconds, alone in its folder."""
    (tmp_path / "scans").mkdir()
    noise = pyvips.Image.gaussnoise(6000, 5000, mean=128, sigma=40).cast("uchar").copy(interpretation="b-w")
    noise.pngsave(str(tmp_path / "scans" / "slow.png"), compression=1)
    return tmp_path / "scans" / "slow.png"


@pytest.fixture
def serve(command: str, tmp_path: Path) -> Iterator[Serve]:
    running: list[Served] = []

    def start(*arguments: str) -> Served:
        running.append(Served(command, tmp_path, *arguments))
        return running[-1]

    yield start
    for served in running:
        if served.process.poll() is None:
            assert served.end() == 130
            assert b"Traceback" not in served.complaints
        served.process.stdout.close()
        served.process.stderr.close()
