"""Imports, start-up, memory, installation: what a user pays for."""

import contextlib
import os
import pty
import re
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path

import numpy as np
import psutil
import pytest
import pyvips
import tifffile
from PIL import Image
from skimage import color

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "onnxruntime", "cv2", "pyvips", "numpy", "timm", "huggingface_hub", "httpx2", "safetensors"}


def imported(code: str, folder: Path) -> set[str]:
    """Top-level modules that are loaded after `code` has run in a fresh interpreter."""
    program = f"import sys\ntry:\n    {code}\nexcept SystemExit: pass\nprint('LOADED', *sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    line = next(line for line in run.stdout.splitlines() if line.startswith("LOADED"))
    return {name.partition(".")[0] for name in line.split()[1:]}


def main_with(*arguments: str) -> str:
    return f"sys.argv = ['colorize', *{list(arguments)!r}]; from colorizer_cli.cli.app import main; main()"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["old.jpg", "--help"], ["weights", "path"], ["edit", "--help"]]
)
def test_help_imports_nothing_heavy(arguments: list[str], tmp_path: Path):
    assert not imported(main_with(*arguments), tmp_path) & HEAVY


def test_colouring_a_photo_never_imports_torch(gray_jpeg: Path, tmp_path: Path):
    loaded = imported(main_with("old.jpg", "-o", "new.png"), tmp_path)
    assert (tmp_path / "new.png").exists()
    assert loaded & HEAVY == {"onnxruntime", "cv2", "pyvips", "numpy"}


def test_help_is_quick(command: str):
    """A guard against heavy imports only: `benchmarks/` measures the real figure on a quiet machine."""
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([command, "--help"], stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.75


def lightness_apart(file: Path, width: int, bits: int) -> float:
    """|ΔL*| of the first, a middle and the last row to the ramp, 99.9th percentile; read by tifffile or Pillow."""
    gray = np.floor(np.arange(width) * ((2**bits - 1) / width)) / (2**bits - 1)
    if file.suffix == ".tif":
        pixels = tifffile.memmap(file, mode="r")
        rows = pixels[[0, len(pixels) // 2, -1]] / (2**bits - 1)
    else:
        with Image.open(file) as image:
            image.draft("RGB", (image.width // 8, image.height // 8))
            pixels = np.asarray(image)
        gray = gray.reshape(-1, 8).mean(1)
        rows = pixels[[0, len(pixels) // 2, -1]] / 255
    expected = color.rgb2lab(np.repeat(gray[None, :, None], 3, axis=2))[..., 0]
    return float(np.percentile(np.abs(color.rgb2lab(rows)[..., 0] - expected), 99.9))


def peak_memory(command: str, folder: Path, source: str, result: str) -> float:
    """Of colouring one photo, in bytes."""
    running = psutil.Popen([command, source, "-o", result], cwd=folder)
    peak = 0
    while running.poll() is None:
        try:
            peak = max(peak, running.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.05)
    assert running.wait() == 0
    return peak


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("suffix", "width", "height", "bits"),
    [("tif", 16000, 12500, 8), ("tif", 16000, 12500, 16), ("jpg", 12000, 8400, 8), ("big.tif", 20000, 15000, 8)],
)
def test_large_photos_in_400_megabytes(command: str, tmp_path: Path, suffix: str, width: int, height: int, bits: int):
    ramp = pyvips.Image.xyz(width, height)[0] * ((2**bits - 1) / width)
    kind, interpretation = ("uchar", "b-w") if bits == 8 else ("ushort", "grey16")
    image = ramp.cast(kind).copy(interpretation=interpretation)
    source, result = f"old.{suffix}", f"new.{suffix}"
    image.write_to_file(str(tmp_path / source), **({"bigtiff": True} if suffix == "big.tif" else {}))
    peak = peak_memory(command, tmp_path, source, result)
    assert peak < 400e6, f"{peak / 1e6:.0f} MB"
    written = pyvips.Image.new_from_file(str(tmp_path / result))
    assert (written.width, written.height, written.bands, written.format) == (width, height, 3, kind)
    assert lightness_apart(tmp_path / result, width, bits) < {8: 0.5, 16: 0.05}[bits] + 0.5 * (suffix == "jpg")
    for file in tmp_path.iterdir():
        file.unlink()  # two gigabytes that no later look needs


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "bands"), [("jpg", 1), ("jpg", 3), ("tif", 3)])
def test_a_large_photo_that_lies_on_its_side(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    bands: int,
):
    """It cannot be streamed: it is turned on the disk, and nothing is left there."""
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(temporary))
    ramp = (pyvips.Image.xyz(12000, 8400)[0] * (255 / 12000)).cast("uchar")
    image = ramp.copy(interpretation="b-w") if bands == 1 else ramp.bandjoin([ramp] * 2).copy(interpretation="srgb")
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    image.write_to_file(str(tmp_path / f"old.{suffix}"))
    peak = peak_memory(command, tmp_path, f"old.{suffix}", f"new.{suffix}")
    assert peak < 400e6, f"{peak / 1e6:.0f} MB"
    written = pyvips.Image.new_from_file(str(tmp_path / f"new.{suffix}"))
    assert (written.width, written.height) == (8400, 12000)
    assert written.crop(0, 0, 100, 100).avg() < 5  # what was at the left
    assert written.crop(0, 11900, 100, 100).avg() > 250
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_a_large_photo_shows_its_progress_on_a_terminal(command: str, tmp_path: Path):
    ramp = pyvips.Image.xyz(12000, 8000)[0] * (255 / 12000)
    ramp.cast("uchar").copy(interpretation="b-w").write_to_file(str(tmp_path / "old.tif"))
    screen, terminal = pty.openpty()
    with subprocess.Popen([command, "old.tif", "-o", "new.tif"], cwd=tmp_path, stderr=terminal) as running:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # how a pseudo-terminal says that nobody is left
            while part := os.read(screen, 4096):
                shown += part
    os.close(screen)
    assert running.returncode == 0, shown
    shares = [int(share) for share in re.findall(rb"colouring .*?(\d+)%", shown)]
    assert len(set(shares)) > 3
    assert shares == sorted(shares)
    assert b"new.tif" in shown.rpartition(b"%")[2]  # the bar has made room for the last line


@pytest.mark.slow
def test_a_wheel_carries_the_weights_and_works_without_torch(tmp_path: Path, gray_jpeg: Path):
    """python -m build (the wheel from the source archive), then a fresh venv with the base install alone."""
    subprocess.run([sys.executable, "-m", "build", "--outdir", tmp_path, ROOT], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "colorizer_cli/_weights/hybrid-lite/model.onnx" in names
    assert "colorizer_cli/py.typed" in names
    assert "colorizer_cli/color/strip.so" in names
    assert "-py3-none-" in wheel.name  # the compiled part serves every version of Python
    assert {f"colorizer_cli/edit/static/{name}" for name in ("index.html", "page.css", "page.js")} <= set(names)
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run(
        [python.with_name("colorize"), "old.jpg", "-o", "new.jpg"], cwd=tmp_path, check=True, env=environment
    )
    assert subprocess.run([python, "-c", "import torch"], capture_output=True, check=False).returncode != 0
    tuning = subprocess.run(
        [python.with_name("colorize"), "fine-tune", ".", "-o", "mine"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert tuning.returncode == 1
    assert tuning.stderr.splitlines()[-1] == "pip install 'colorizer-cli[torch]'"
    packages = tmp_path / "fresh" / "lib"
    size = sum(file.stat().st_size for file in packages.rglob("*") if file.is_file() and not file.is_symlink())
    assert size < 470e6, f"{size / 1e6:.0f} MB"
