import hashlib
import io
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image
from skimage import data

from colorizer_cli import __version__

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


def files(folder: Path) -> set[str]:
    return set(os.listdir(folder))


def pixels(source: Path | bytes) -> np.ndarray:
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def is_coloured(array: np.ndarray) -> bool:
    return bool(np.ptp(array, axis=-1).mean() > 3)


def test_a_photo_gets_colour_and_the_original_stays(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    before = hashlib.sha256(gray_jpeg.read_bytes()).digest()
    done = colorize("old.jpg", "-o", "new.jpg")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"new.jpg" in done.stderr
    assert is_coloured(pixels(tmp_path / "new.jpg"))
    assert hashlib.sha256(gray_jpeg.read_bytes()).digest() == before
    assert files(tmp_path) == {"old.jpg", "new.jpg"}


def test_default_output_lies_beside_the_input(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    assert colorize("old.jpg", "-q").stderr == b""
    assert files(tmp_path) == {"old.jpg", "old-color.jpg"}


def test_options_may_come_first_and_names_may_be_odd(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    odd = ["-photo.jpg", "weights", "ünï côdé.jpg", "new\nline.jpg", "a[b].jpg", "[1].jpg"]
    for name in odd:
        (tmp_path / name).write_bytes(gray_jpeg.read_bytes())
        done = colorize("-q", "-o", "new.png", "--overwrite", f"./{name}")
        assert done.returncode == 0, done.stderr
    done = colorize("old.jpg", "-q", "-o", "out [x=1].png")
    assert done.returncode == 0, done.stderr
    assert "out [x=1].png" in files(tmp_path)


def test_names_that_are_not_utf8(command: str, gray_jpeg: Path, tmp_path: Path):
    folder = os.fsencode(tmp_path)
    os.rename(gray_jpeg, folder + b"/caf\xe9.jpg")
    subprocess.run([command, b"caf\xe9.jpg", "-q", "-o", b"n\xe9w.png"], cwd=tmp_path, check=True)
    with open(folder + b"/n\xe9w.png", "rb") as result:
        assert is_coloured(pixels(result.read()))


def test_a_pipe_is_an_input(command: str, gray_jpeg: Path, tmp_path: Path):
    subprocess.run(["bash", "-c", f"{command} <(cat old.jpg) -o new.png"], cwd=tmp_path, check=True)
    assert is_coloured(pixels(tmp_path / "new.png"))


def test_json(colorize: Run, gray_jpeg: Path):
    found = json.loads(colorize("old.jpg", "-o", "new.tif", "--json").stdout)
    assert (found["input"], found["output"], found["width"], found["height"]) == ("old.jpg", "new.tif", 600, 400)
    assert (found["backend"], found["device"], found["bits"]) == ("onnx", "cpu", 8)
    assert 0 < found["confidence"] < 1


def test_stdin_to_stdout(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    done = colorize("-", "-o", "-", "--format", "png", stdin=gray_jpeg.read_bytes())
    assert done.stdout.startswith(b"\x89PNG")
    assert is_coloured(pixels(done.stdout))
    assert files(tmp_path) == {"old.jpg"}


def test_vividness(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    spread = []
    for vividness in ("0", "1"):
        assert colorize("old.jpg", "-o", f"{vividness}.png", "--vividness", vividness).returncode == 0
        spread.append(np.ptp(pixels(tmp_path / f"{vividness}.png"), axis=-1).mean())
    assert spread[1] > 1.1 * spread[0]


def test_size_and_backend(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    for backend in ("onnx", "torch"):
        done = colorize("old.jpg", "-o", f"{backend}.png", "--backend", backend, "--size", "96", "--vividness", "0")
        assert done.returncode == 0, done.stderr
    assert np.abs(pixels(tmp_path / "onnx.png") - pixels(tmp_path / "torch.png")).max() <= 2


def test_a_photo_in_colour_is_left_alone(colorize: Run, tmp_path: Path):
    pyvips.Image.new_from_array(data.coffee()).copy(interpretation="srgb").jpegsave(str(tmp_path / "colour.jpg"), Q=95)
    done = colorize("colour.jpg", "-o", "new.jpg")
    assert done.returncode == 0
    assert b"in colour already" in done.stderr
    assert b"--force" in done.stderr
    assert not (tmp_path / "new.jpg").exists()
    assert colorize("colour.jpg", "-o", "new.jpg", "--force").returncode == 0
    assert (tmp_path / "new.jpg").exists()


def test_a_photo_in_colour_goes_through_a_pipe_as_it_is(colorize: Run, tmp_path: Path):
    pyvips.Image.new_from_array(data.coffee()).copy(interpretation="srgb").jpegsave(str(tmp_path / "colour.jpg"), Q=95)
    encoded = (tmp_path / "colour.jpg").read_bytes()
    for source, given in (("colour.jpg", None), ("-", encoded)):
        done = colorize(source, "-o", "-", stdin=given)
        assert (done.returncode, done.stdout) == (0, encoded)
        assert b"in colour already" in done.stderr
    done = colorize("colour.jpg", "-o", "-", "--format", "png")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"is JPEG and not PNG" in done.stderr


def test_what_is_wrong_is_said_beside_a_photo_in_colour(colorize: Run, tmp_path: Path):
    pyvips.Image.new_from_array(data.coffee()).copy(interpretation="srgb").jpegsave(str(tmp_path / "colour.jpg"), Q=95)
    assert colorize("colour.jpg", "--backend", "tensorflow").returncode == 2
    done = colorize("colour.jpg", "--weights", "nowhere")
    assert done.returncode != 0


def test_pure_black_and_white_is_remarked_on(colorize: Run, tmp_path: Path, gray_pixels: np.ndarray):
    Image.fromarray(gray_pixels).convert("1").save(tmp_path / "fax.tif", compression="group4")
    done = colorize("fax.tif", "-o", "new.tif")
    assert done.returncode == 0
    assert b"pure black and white" in done.stderr


def test_before_after_sheet(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    assert colorize("old.jpg", "-o", "new.jpg", "--before-after", "sheet.png").returncode == 0
    sheet = pixels(tmp_path / "sheet.png")
    assert sheet.shape == (400, 2 * 600 + 12, 3)
    assert not is_coloured(sheet[:, :600])
    assert is_coloured(sheet[:, 612:])


def test_the_same_photo_gives_the_same_bytes(colorize: Run, gray_jpeg: Path, tmp_path: Path):
    for name in ("a.png", "b.png"):
        colorize("old.jpg", "-o", name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_version(colorize: Run):
    for arguments in (["--version"], ["old.jpg", "--version"]):
        assert colorize(*arguments).stdout.decode().strip() == f"colorize {__version__}"


def test_no_arguments_is_a_request_for_help(colorize: Run):
    done = colorize()
    assert done.returncode == 0
    assert b"weights" in done.stdout


def test_module_is_the_command(gray_jpeg: Path, tmp_path: Path):
    import sys

    run = subprocess.run([sys.executable, "-m", "colorizer_cli", "old.jpg", "-q"], cwd=tmp_path, check=False)
    assert run.returncode == 0


@pytest.mark.parametrize("sub", [["list"], ["verify"], ["path"], ["list", "--json"]])
def test_weights(colorize: Run, sub: list[str]):
    done = colorize("weights", *sub)
    assert done.returncode == 0, done.stderr
    assert b"hybrid-lite" in done.stdout + done.stderr
