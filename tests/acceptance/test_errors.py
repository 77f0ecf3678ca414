"""Bad input: one clear error, the contract's exit code, no output, no temporary file, the original untouched."""

import io
import json
import os
import signal
import struct
import subprocess
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image
from skimage import data

from tests.tiny_weights import write_tiny

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]

BAD_PHOTOS = {
    "text.jpg": b"hello\n",
    "empty.jpg": b"",
    "zeros.png": bytes(5000),
    "page.html": b"<html></html>",
}


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}


def assert_fails(colorize: Run, folder: Path, arguments: list[str], code: int, *words: str) -> None:
    before = snapshot(folder)
    done = colorize(*arguments)
    message = done.stderr.decode()
    assert done.returncode == code, message
    assert "Traceback" not in message
    assert len(message.strip().splitlines()) <= 2, message
    for word in words:
        assert word in message
    assert done.stdout == b""
    assert snapshot(folder) == before


@pytest.mark.parametrize("name", list(BAD_PHOTOS))
def test_what_is_no_photo(colorize: Run, tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(BAD_PHOTOS[name])
    assert_fails(colorize, tmp_path, [name, "-o", "new.jpg"], 1, name, "expected")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_truncated_jpeg(colorize: Run, tmp_path: Path, gray_jpeg: Path, share: float):
    whole = gray_jpeg.read_bytes()
    gray_jpeg.write_bytes(whole[: int(len(whole) * share)])
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "new.jpg"], 1, "old.jpg", "whole")


def test_a_jpeg_with_a_hole(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    """The decoder runs out of data, and would fill the rest with gray."""
    whole = gray_jpeg.read_bytes()
    gray_jpeg.write_bytes(whole[: len(whole) // 2] + whole[len(whole) // 2 + 3000 :])
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "new.jpg"], 1, "old.jpg", "premature end", "whole")


@pytest.mark.parametrize("damage", ["inverted", "zeros", "noise"])
@pytest.mark.parametrize("form", ["PNG", "AVIF"])
def test_wrong_bytes_in_the_middle(colorize: Run, tmp_path: Path, gray_pixels: np.ndarray, form: str, damage: str):
    """Formats whose data tell; those without a checksum may decode to something."""
    file = io.BytesIO()
    Image.fromarray(gray_pixels).save(file, form)
    whole = np.frombuffer(file.getvalue(), np.uint8).copy()
    hit = whole[len(whole) // 2 :][:400]
    noise = np.random.default_rng(1).integers(0, 256, hit.size)
    hit[:] = {"inverted": 255 - hit, "zeros": np.zeros_like(hit), "noise": noise}[damage]
    (tmp_path / "hit").write_bytes(whole.tobytes())
    assert_fails(colorize, tmp_path, ["hit", "-o", "new.png"], 1, "hit", "whole")


@pytest.mark.parametrize("form", ["GIF", "BMP", "PPM", "JPEG2000", "AVIF"])
def test_truncated_files_of_pillow(colorize: Run, tmp_path: Path, gray_pixels: np.ndarray, form: str):
    file = io.BytesIO()
    Image.fromarray(gray_pixels).save(file, form)
    (tmp_path / "cut").write_bytes(file.getvalue()[: len(file.getvalue()) // 2])
    assert_fails(colorize, tmp_path, ["cut", "-o", "new.png"], 1, "cut", "whole")


def test_a_header_that_promises_too_much(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    """60,000 × 60,000 pixels, said in a JPEG's frame header and in a PNG's IHDR, its checksum made good."""
    jpeg = bytearray(gray_jpeg.read_bytes())
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    (tmp_path / "bomb.jpg").write_bytes(jpeg)
    png = bytearray(pyvips.Image.black(8, 8).pngsave_buffer())
    png[16:24] = struct.pack(">II", 60_000, 60_000)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    (tmp_path / "bomb.png").write_bytes(png)
    for name in ("bomb.jpg", "bomb.png"):
        assert_fails(colorize, tmp_path, [name, "-o", "new.png"], 1, name, "60000 × 60000", "--max-pixels")


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_other_truncated_files(colorize: Run, tmp_path: Path, gray_pixels: object, suffix: str):
    image = pyvips.Image.new_from_array(gray_pixels)
    whole = image.write_to_buffer(f".{suffix}")
    (tmp_path / f"cut.{suffix}").write_bytes(whole[: len(whole) // 2])
    assert_fails(colorize, tmp_path, [f"cut.{suffix}", "-o", "new.png"], 1, f"cut.{suffix}")


def test_missing_file(colorize: Run, tmp_path: Path):
    assert_fails(colorize, tmp_path, ["missing.jpg", "-o", "new.jpg"], 1, "missing.jpg", "no such file")


def test_a_folder(colorize: Run, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    assert_fails(colorize, tmp_path, ["folder", "-o", "new.jpg"], 1, "folder")


def test_float_pixels(colorize: Run, tmp_path: Path):
    pyvips.Image.black(8, 8).cast("float").tiffsave(str(tmp_path / "float.tif"))
    assert_fails(colorize, tmp_path, ["float.tif", "-o", "new.tif"], 1, "float", "8 or 16 bits")


def test_several_pages_into_one(colorize: Run, tmp_path: Path):
    tifffile.imwrite(tmp_path / "album.tif", np.zeros((3, 20, 30), np.uint8), photometric="minisblack")
    assert_fails(colorize, tmp_path, ["album.tif", "-o", "new.jpg"], 2, "3 photos", ".tif")


def test_unknown_suffix(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "new.xyz"], 2, ".xyz", ".tiff")


def test_output_folder_missing(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "nowhere/new.jpg"], 1, "nowhere", "create it")


def test_output_folder_read_only(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):  # root writes everywhere but here
        folder = Path("/proc/self")
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", str(folder / "new.jpg")], 1, str(folder))


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_output_is_the_input(colorize: Run, tmp_path: Path, gray_jpeg: Path, link: object):
    name = "old.jpg"
    if link is not None:
        name = "other.jpg"
        link(gray_jpeg, tmp_path / name)
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", name, "--overwrite"], 2, "original")


def test_existing_output(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    (tmp_path / "new.jpg").write_bytes(b"precious")
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "new.jpg"], 1, "--overwrite")


def test_existing_sheet_is_found_before_any_work(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    (tmp_path / "sheet.jpg").write_bytes(b"precious")
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "new.jpg", "--before-after", "sheet.jpg"], 1, "sheet.jpg")


@pytest.mark.parametrize(
    "options",
    [
        ["--vividness", "2"],
        ["--size", "5"],
        ["--device", "gpu"],
        ["--backend", "magic"],
        ["--format", "gif"],
        ["--json", "-o", "-"],
    ],
)
def test_wrong_usage(colorize: Run, tmp_path: Path, gray_jpeg: Path, options: list[str]):
    assert_fails(colorize, tmp_path, ["old.jpg", *options], 2)


@pytest.mark.parametrize("option", ["--bogus", "--quality=0", "--quality=x", "second.jpg"])
def test_wrong_options(colorize: Run, tmp_path: Path, gray_jpeg: Path, option: str):
    assert_fails(colorize, tmp_path, ["old.jpg", option], 2, "--help")


def test_json_and_photo_cannot_share_stdout(colorize: Run, gray_jpeg: Path):
    done = colorize("-", "--json", stdin=gray_jpeg.read_bytes())
    assert (done.returncode, done.stdout) == (2, b"")


def test_format_and_suffix_that_disagree(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "new.jpg", "--format", "png"], 2, "disagree")


@pytest.mark.parametrize(
    "names",
    [
        ["--before-after", "./new.jpg"],
        ["--confidence", "new.jpg"],
        ["--before-after", "map.png", "--confidence", "map.png"],
    ],
)
def test_two_things_in_one_file(colorize: Run, tmp_path: Path, gray_jpeg: Path, names: list[str]):
    arguments = ["old.jpg", "-o", "new.jpg", *names, "--overwrite"]
    assert_fails(colorize, tmp_path, arguments, 2, "same file")


@pytest.mark.parametrize("option", ["-o", "--before-after", "--confidence"])
@pytest.mark.parametrize("kind", ["--like", "--hints"])
def test_what_is_only_read_is_not_written_to(colorize: Run, tmp_path: Path, gray_jpeg: Path, kind: str, option: str):
    if kind == "--like":
        pyvips.Image.new_from_array(data.coffee()).copy(interpretation="srgb").pngsave(str(tmp_path / "other.png"))
    else:
        (tmp_path / "other.png").write_text("[]")  # no name for hints, but one that a picture can have, too
    output = ["-o", "new.jpg"] if option != "-o" else []
    arguments = ["old.jpg", *output, kind, "other.png", option, "other.png", "--overwrite"]
    assert_fails(colorize, tmp_path, arguments, 2, kind, "only read")


@pytest.mark.parametrize("option", ["--before-after", "--confidence"])
def test_a_sheet_that_cannot_be_written_is_found_before_any_work(
    colorize: Run, tmp_path: Path, gray_jpeg: Path, option: str
):
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "new.jpg", option, "sheet.heic"], 2, "HEIC")


def test_confidence_that_the_weights_cannot_tell(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    weights = write_tiny(tmp_path / "weights")
    arguments = ["old.jpg", "-o", "new.jpg", "--confidence", "map.png", "--weights", str(weights)]
    assert_fails(colorize, tmp_path, arguments, 1, "how sure")


@pytest.mark.parametrize("several", [["--candidates", "2"], ["--ask", "3"]])
@pytest.mark.parametrize("option", [["--confidence", "map.png"], ["--before-after", "sheet.jpg"], ["--sidecar"]])
def test_options_that_go_with_one_result(
    colorize: Run, tmp_path: Path, gray_jpeg: Path, several: list[str], option: list[str]
):
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "new.jpg", *several, *option], 2, several[0], option[0])


def test_hints_to_several_photos(colorize: Run, tmp_path: Path):
    tifffile.imwrite(tmp_path / "album.tif", np.zeros((3, 20, 30), np.uint8), photometric="minisblack")
    (tmp_path / "h.json").write_text('[{"x": 1, "y": 1, "color": "#123456"}]')
    assert_fails(colorize, tmp_path, ["album.tif", "-o", "new.tif", "--hints", "h.json"], 2, "3 of them")


def test_a_name_that_is_too_long(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "x" * 300 + ".jpg"], 1, "x" * 50)


def test_a_dangling_link_is_not_replaced(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    (tmp_path / "new.jpg").symlink_to("nowhere.jpg")
    assert_fails(colorize, tmp_path, ["old.jpg", "-o", "new.jpg"], 1, "--overwrite")


def test_without_stderr(command: str, tmp_path: Path, gray_jpeg: Path):
    """Nothing of what would be said goes into a photo instead."""
    for script in (f"{command} old.jpg -o - 2>&- > new.jpg", f"{command} missing.jpg -o - 2>&- > none.jpg"):
        subprocess.run(["bash", "-c", script], cwd=tmp_path, check=False)
    assert pyvips.Image.new_from_file(str(tmp_path / "new.jpg")).bands == 3
    assert (tmp_path / "none.jpg").read_bytes() == b""


def test_without_stdout(command: str, tmp_path: Path, gray_jpeg: Path):
    done = subprocess.run(
        ["bash", "-c", f"{command} old.jpg -o - >&-"], cwd=tmp_path, stderr=subprocess.PIPE, check=False
    )
    assert (done.returncode, b"stdout is closed" in done.stderr) == (1, True)


@pytest.mark.parametrize("redirection", ["<&-", "> /dev/full < old.jpg"])
def test_broken_streams(command: str, tmp_path: Path, gray_jpeg: Path, redirection: str):
    script = f"{command} - -o - {redirection}"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"std" in done.stderr
    assert b"Traceback" not in done.stderr


def test_unknown_weights(colorize: Run, tmp_path: Path, gray_jpeg: Path):
    assert_fails(colorize, tmp_path, ["old.jpg", "--weights", "nope"], 1, "nope", "hybrid-lite")


def test_debug_shows_the_traceback(colorize: Run):
    assert b"Traceback" in colorize("missing.jpg", "--debug").stderr


def test_nohup_is_heeded(command: str, tmp_path: Path, gray_jpeg: Path):
    running = subprocess.Popen(
        [command, "-", "-o", "new.jpg"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),  # noqa: PLW1509
    )
    time.sleep(1.5)  # it waits for its photo by now
    running.send_signal(signal.SIGHUP)
    _, errors = running.communicate(gray_jpeg.read_bytes(), timeout=60)
    assert running.returncode == 0, errors
    assert (tmp_path / "new.jpg").exists()


@pytest.mark.parametrize(("encoding", "name"), [("latin-1", "雨.jpg"), ("utf-8", os.fsdecode(b"caf\xe9.jpg"))])
def test_json_and_plans_in_any_encoding(command: str, tmp_path: Path, gray_jpeg: Path, encoding: str, name: str):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / name).write_bytes(gray_jpeg.read_bytes())
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    for options in (["--dry-run"], ["--json"]):
        run = [command, "batch", "scans", "-o", "colour", *options]
        done = subprocess.run(run, cwd=tmp_path, capture_output=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["input"] == name


@pytest.mark.parametrize("option", ["--hints", "--confidence", "--before-after"])
def test_an_empty_name_is_not_passed_over(colorize: Run, tmp_path: Path, gray_jpeg: Path, option: str):
    assert colorize("old.jpg", "-o", "new.jpg", option, "").returncode == 2
    assert not (tmp_path / "new.jpg").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_interrupted_while_writing(command: str, tmp_path: Path, number: signal.Signals, code: int):
    """Stopped when the temporary file is there and growing: it is gone afterwards, and so is the process, soon."""
    pyvips.Image.gaussnoise(9000, 6000, mean=128, sigma=40).cast("uchar").copy(interpretation="b-w").jpegsave(
        str(tmp_path / "old.jpg")
    )
    running = subprocess.Popen(
        [command, "old.jpg", "-o", "new.png"],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509 - a background script ignores SIGINT
    )
    deadline = time.monotonic() + 60
    while not [p for p in tmp_path.glob(".*.part") if p.stat().st_size > 100_000] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running.poll() is None, "it finished before it could be interrupted"
    running.send_signal(number)
    assert running.wait(20) == code
    assert os.listdir(tmp_path) == ["old.jpg"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk(command: str, tmp_path: Path, gray_jpeg: Path):
    """A file-size limit stands in for a full disk: the write fails half-way."""
    run = subprocess.run(
        ["bash", "-c", f"ulimit -f 20; trap '' XFSZ; exec {command} old.jpg -o new.png"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    assert b"new.png" in run.stderr
    assert b"Traceback" not in run.stderr
    assert os.listdir(tmp_path) == ["old.jpg"]
