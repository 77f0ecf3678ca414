"""`colorize batch`: the tree mirrored, resumed, said."""

import json
import os
import pty
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from skimage import data

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
Scans = Callable[..., Path]
Hashes = Callable[[Path], dict[bytes, str]]


def lines(done: "subprocess.CompletedProcess[bytes]") -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def summary(done: "subprocess.CompletedProcess[bytes]") -> dict[str, object]:
    return lines(done)[-1]


def test_a_tree_is_mirrored_and_the_originals_stay(colorize: Run, tmp_path: Path, scans: Scans, hashes: Hashes):
    folder = scans(9)
    (folder / ".hidden.jpg").write_bytes(b"")
    (folder / "notes.txt").write_bytes(b"")
    before = hashes(folder)
    done = colorize("batch", "scans", "-o", "colour")
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert b"9 coloured, 0 failed" in done.stderr
    assert b"1 hidden, 1 not photos" in done.stderr
    assert hashes(folder) == before
    results = hashes(tmp_path / "colour")
    assert set(results) == set(before) - {b".hidden.jpg", b"notes.txt"}
    for name in results:
        path = os.path.join(os.fsencode(tmp_path / "colour"), name).decode()
        assert np.ptp(pyvips.Image.new_from_file(path).numpy(), axis=-1).mean() > 1


def test_the_same_bytes_whatever_the_jobs_and_from_the_single_command(
    colorize: Run, tmp_path: Path, scans: Scans, hashes: Hashes
):
    folder = scans(9)
    for jobs in ("1", "3"):
        assert colorize("batch", "scans", "-o", jobs, "--jobs", jobs).returncode == 0
    assert hashes(tmp_path / "1") == hashes(tmp_path / "3")
    first = sorted(folder.glob("*.jpg"))[0].name
    assert colorize(f"scans/{first}", "-o", "single.jpg").returncode == 0
    assert (tmp_path / "single.jpg").read_bytes() == (tmp_path / "1" / first).read_bytes()


def test_names_of_any_bytes(command: str, tmp_path: Path, gray_jpeg: Path, hashes: Hashes):
    folder = os.fsencode(tmp_path) + b"/scans"
    os.mkdir(folder)
    names = {b"-dash.jpg", b"caf\xe9.jpg", b"new\nline.jpg", "ünï côdé.jpg".encode(), b"[1].jpg", b"a[b=1].jpg"}
    for name in names:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(gray_jpeg.read_bytes())
    os.mkdir(folder + b"/-\xff\n")
    os.link(gray_jpeg, folder + b"/-\xff\n/a.jpg")
    names.add(b"-\xff\n/a.jpg")
    for arguments in ([], ["--restart", "--json"]):
        run = [command, "batch", "scans", "-o", "colour", "--report", "report.html", *arguments]
        done = subprocess.run(run, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert set(hashes(tmp_path / "colour")) == names
    assert {os.fsencode(str(line["input"])) for line in lines(done)[:-1]} == names


def test_only_what_is_missing_or_changed_is_done_again(colorize: Run, tmp_path: Path, scans: Scans):
    folder = scans(6)
    colorize("batch", "scans", "-o", "colour")
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*"))
    assert summary(colorize("batch", "scans", "-o", "colour", "--json"))["unchanged"] == 6
    (tmp_path / "colour" / names[0]).unlink()
    os.utime(folder / names[1])  # another time, the same content
    pyvips.Image.black(50, 40).write_to_file(str(folder / names[2]))
    done = colorize("batch", "scans", "-o", "colour", "--json")
    found = {line["input"]: line["event"] for line in lines(done)[:-1]}
    assert found == {names[0]: "done", names[1]: "unchanged", names[2]: "done"}
    assert summary(colorize("batch", "scans", "-o", "colour", "--json"))["unchanged"] == 6
    assert summary(colorize("batch", "scans", "-o", "colour", "--json", "--vividness", "1"))["done"] == 6
    assert summary(colorize("batch", "scans", "-o", "colour", "--json", "--vividness", "1", "--restart"))["done"] == 6


def test_what_is_broken_is_named_and_the_rest_is_done(colorize: Run, scans: Scans, tmp_path: Path):
    folder = scans(3)
    (folder / "broken.jpg").write_bytes(b"nonsense")
    (folder / "nowhere.jpg").symlink_to("vanished.jpg")
    done = colorize("batch", "scans", "-o", "colour")
    assert done.returncode == 3
    message = done.stderr.decode()
    assert "3 coloured, 2 failed" in message
    assert "broken.jpg" in message
    assert "no such file" in message
    assert "Traceback" not in message
    again = colorize("batch", "scans", "-o", "colour", "--json")
    assert (again.returncode, summary(again)["done"], summary(again)["failed"]) == (3, 0, 2)
    pyvips.Image.black(50, 40).write_to_file(str(folder / "broken.jpg"))
    (folder / "nowhere.jpg").unlink()
    assert colorize("batch", "scans", "-o", "colour").returncode == 0


def test_output_inside_the_input(colorize: Run, scans: Scans, tmp_path: Path):
    folder = scans(3)
    for _ in range(2):
        assert colorize("batch", "scans", "-o", "scans/colour").returncode == 0
    assert not (folder / "colour" / "colour").exists()


def test_a_tree_that_would_come_down_on_itself_is_refused(colorize: Run, scans: Scans, tmp_path: Path, hashes: Hashes):
    folder = scans(3)
    (folder / "scans").mkdir()
    shutil.copy(next(folder.glob("*.jpg")), folder / "scans")
    before = hashes(folder)
    done = colorize("batch", "scans", "-o", ".", "--overwrite")
    assert done.returncode == 2
    assert b"would be written over them" in done.stderr
    assert hashes(folder) == before
    assert colorize("batch", "scans", "-o", ".", "--no-recursive").returncode == 0
    shutil.rmtree(folder / "scans")
    before = hashes(folder)
    assert colorize("batch", "scans", "-o", ".").returncode == 0
    assert hashes(folder) == before


def test_quiet_is_about_success(colorize: Run, scans: Scans, tmp_path: Path):
    folder = scans(2)
    assert colorize("batch", "scans", "-o", "colour", "-q").stderr == b""
    (folder / "broken.jpg").write_bytes(b"no photo")
    (folder / "new.jpg").write_bytes(next(folder.glob("scan*")).read_bytes())
    (tmp_path / "colour" / "new.jpg").write_bytes(b"precious")
    done = colorize("batch", "scans", "-o", "colour", "-q")
    assert done.returncode == 3
    assert b"broken.jpg" in done.stderr
    assert b"new.jpg" in done.stderr


def test_other_peoples_files_are_not_replaced(colorize: Run, scans: Scans, tmp_path: Path):
    scans(3)
    (tmp_path / "colour").mkdir()
    precious = tmp_path / "colour" / "scan 000.jpg"
    precious.write_bytes(b"precious")
    done = colorize("batch", "scans", "-o", "colour")
    assert done.returncode == 3
    assert b"--overwrite" in done.stderr
    assert b"scan 000.jpg" in done.stderr
    assert precious.read_bytes() == b"precious"
    assert colorize("batch", "scans", "-o", "colour", "--overwrite").returncode == 0
    assert precious.read_bytes() != b"precious"


def test_another_format_gets_distinct_names(colorize: Run, tmp_path: Path, gray_pixels: np.ndarray):
    (tmp_path / "scans").mkdir()
    for name in ("a.jpg", "a.png", "b.tif"):
        pyvips.Image.new_from_array(gray_pixels[:60, :80]).write_to_file(str(tmp_path / "scans" / name))
    assert colorize("batch", "scans", "-o", "colour", "--format", "jpeg").returncode == 0
    assert set(os.listdir(tmp_path / "colour")) == {"a.jpg", "a.png.jpg", "b.jpg", "colorize-journal.jsonl"}


def test_dry_run_writes_nothing(colorize: Run, scans: Scans, tmp_path: Path):
    scans(3)
    done = colorize("batch", "scans", "-o", "colour", "--dry-run")
    assert done.returncode == 0
    assert "1920s/scan 001.jpg → 1920s/scan 001.jpg" in done.stdout.decode()
    assert os.listdir(tmp_path) == ["scans"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere", "-o", "colour"], 1, "no such folder"),
        (["scans/scan 000.jpg", "-o", "colour"], 2, "takes a folder"),
        (["scans", "-o", "scans"], 2, "choose another"),
        (["scans", "-o", "scans/scan 000.jpg"], 2, "expected a folder"),
        (["scans", "-o", "/proc/colour"], 1, "cannot be created"),
        (["scans"], 2, "--output"),
        (["scans", "-o", "colour", "--jobs", "0"], 2, "--jobs"),
        (["scans", "-o", "colour", "--format", "gif"], 2, "gif"),
        (["scans", "-o", "colour", "--weights", "nope"], 1, "nope"),
        (["scans", "-o", "colour", "--device", "cuda"], 1, "cuda"),
    ],
)
def test_what_cannot_begin(colorize: Run, tmp_path: Path, scans: Scans, arguments: list[str], code: int, words: str):
    scans(1)
    done = colorize("batch", *arguments)
    message = done.stderr.decode()
    assert done.returncode == code, message
    assert words in message
    assert len(message.strip().splitlines()) <= 2, message


def test_an_output_folder_of_other_photos_is_refused(colorize: Run, tmp_path: Path, scans: Scans):
    folder = scans(2)
    colorize("batch", "scans", "-o", "colour")
    folder.rename(tmp_path / "moved")
    done = colorize("batch", "moved", "-o", "colour")
    assert (done.returncode, b"--resume" in done.stderr) == (2, True)
    assert summary(colorize("batch", "moved", "-o", "colour", "--resume", "--json"))["unchanged"] == 2


def test_the_display_on_a_terminal(command: str, tmp_path: Path, scans: Scans):
    scans(4)
    parent, child = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    run = subprocess.Popen(
        [command, "batch", "scans", "-o", "colour"], cwd=tmp_path, stderr=child, env=environment, stdout=child
    )
    os.close(child)
    shown = b""
    try:
        while chunk := os.read(parent, 4096):
            shown += chunk
    except OSError:  # the terminal's other side is closed
        pass
    os.close(parent)
    assert run.wait() == 0
    assert b"photos/s" in shown
    assert b"left" in shown
    assert b"4/4" in shown
    assert b"4 coloured" in shown


def test_colour_photos_are_left_alone_hints_beside_a_photo_are_used_and_pages_stay_together(
    colorize: Run, tmp_path: Path, gray_pixels: np.ndarray
):
    scans = tmp_path / "scans"
    scans.mkdir()
    gray = pyvips.Image.new_from_array(gray_pixels).copy(interpretation="b-w")
    gray.jpegsave(str(scans / "old.jpg"))
    pyvips.Image.new_from_array(data.coffee()).jpegsave(str(scans / "colour.jpg"))
    gray.gifsave(str(scans / "old.gif"))
    tifffile.imwrite(scans / "two.tif", np.stack([gray_pixels, gray_pixels[::-1]]), photometric="minisblack")
    first = colorize("batch", "scans", "-o", "colour", "--json")
    assert first.returncode == 0, first.stderr
    counts = summary(first)
    assert (counts["done"], counts["left_alone"], counts["failed"]) == (3, 1, 0)
    names = {path.name for path in (tmp_path / "colour").iterdir()}
    assert names >= {"old.jpg", "old.png", "two.tif"}
    assert "colour.jpg" not in names
    with tifffile.TiffFile(tmp_path / "colour" / "two.tif") as written:
        assert [page.shape for page in written.pages] == [(400, 600, 3)] * 2
    plain = (tmp_path / "colour" / "old.jpg").read_bytes()
    (scans / "old.jpg.hints.json").write_text('[{"x": 120, "y": 200, "color": "#2a5a9e", "radius": 12}]')
    second = colorize("batch", "scans", "-o", "colour", "--json")
    assert second.returncode == 0, second.stderr
    counts = summary(second)
    assert (counts["done"], counts["unchanged"], counts["left_alone"]) == (1, 2, 1)
    hinted = (tmp_path / "colour" / "old.jpg").read_bytes()
    assert hinted != plain
    alone = colorize("scans/old.jpg", "-o", "alone.jpg", "--hints", "scans/old.jpg.hints.json")
    assert alone.returncode == 0
    first_pixels, second_pixels = (
        pyvips.Image.new_from_file(str(tmp_path / name)).numpy().astype(int) for name in ("alone.jpg", "colour/old.jpg")
    )
    assert np.abs(first_pixels - second_pixels).max() <= 2
