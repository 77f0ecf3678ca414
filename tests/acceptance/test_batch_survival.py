"""What a batch run lives through: kill -9, Ctrl-C, a full disk, crashing and greedy photos, a second run.

COLORIZER_KILLS=50 kills at as many moments as the tool promises to survive; a few are enough from day to day.
"""

import contextlib
import json
import os
import random
import re
import shlex
import signal
import statistics
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import pyvips
from batch_runs import being_written, end, results, start, wait_for
from small_disk import small_disk_at

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
Scans = Callable[..., Path]
Hashes = Callable[[Path], dict[bytes, str]]

KILLS = int(os.environ.get("COLORIZER_KILLS", "6"))
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
LEFTOVER = re.compile(rb"(^|/)\.[^/]*\.part$")


def test_kill_at_random_moments(command: str, colorize: Run, tmp_path: Path, scans: Scans, hashes: Hashes):
    originals = hashes(scans(12))
    started = time.monotonic()
    assert colorize("batch", "scans", "-o", "whole", "--jobs", "2").returncode == 0
    whole, seconds = hashes(tmp_path / "whole"), time.monotonic() - started
    moments = random.Random(7)
    interrupted = 0
    for number in range(KILLS):
        running = start(command, tmp_path, "--jobs", "2")
        time.sleep(moments.uniform(0.1, 1.1) * seconds)
        if number % 2:  # the workers have to notice by themselves
            running.kill()
        else:
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        there = hashes(tmp_path / "colour") if (tmp_path / "colour").exists() else {}
        finished = {name: digest for name, digest in there.items() if not LEFTOVER.search(name)}
        assert finished.items() <= whole.items(), "a partial file under a final name"
        interrupted += len(finished) < len(whole)
        done = colorize("batch", "scans", "-o", "colour", "--jobs", "2")
        assert done.returncode == 0, done.stderr
        assert hashes(tmp_path / "colour") == whole
        subprocess.run(["rm", "-r", tmp_path / "colour"], check=True)
    assert interrupted >= KILLS // 3
    assert hashes(tmp_path / "scans") == originals


def test_first_ctrl_c_finishes_the_photos_in_hand(command: str, colorize: Run, tmp_path: Path, slow_photo: Path):
    for number in range(40):
        (slow_photo.parent / f"z{number}.png").write_bytes(slow_photo.read_bytes())
    running = start(command, tmp_path, "--jobs", "1")
    wait_for(lambda: being_written(tmp_path / "colour"))
    os.killpg(running.pid, signal.SIGINT)
    code, message = end(running)
    assert code == 130
    assert "Finishing" in message
    assert "1 coloured" in message
    assert [path.name for path in results(tmp_path / "colour")] == ["slow.png"]
    pyvips.Image.new_from_file(str(tmp_path / "colour" / "slow.png"), fail_on="warning").avg()

    for number in range(1, 40):
        (slow_photo.parent / f"z{number}.png").unlink()
    (tmp_path / "colour" / "z0.png").write_bytes(b"made by hand meanwhile")
    again = colorize("batch", "scans", "-o", "colour")
    assert again.returncode == 3
    assert b"z0.png" in again.stderr
    assert (tmp_path / "colour" / "z0.png").read_bytes() == b"made by hand meanwhile"


@pytest.mark.parametrize(("number", "times", "code"), [(signal.SIGINT, 2, 130), (signal.SIGTERM, 1, 143)])
def test_stopped_at_once(command: str, tmp_path: Path, slow_photo: Path, number: int, times: int, code: int):
    running = start(command, tmp_path, "--jobs", "1")
    wait_for(lambda: being_written(tmp_path / "colour"))
    children = psutil.Process(running.pid).children(recursive=True)
    for _ in range(times):
        os.killpg(running.pid, number)
        time.sleep(0.2)
    assert end(running, 10)[0] == code
    assert os.listdir(tmp_path / "colour") == ["colorize-journal.jsonl"]
    assert not psutil.wait_procs(children, timeout=5)[1]


def test_the_second_run_is_refused(command: str, colorize: Run, tmp_path: Path, slow_photo: Path):
    for number in range(40):
        os.link(slow_photo, slow_photo.parent / f"z{number}.png")
    running = start(command, tmp_path, "--jobs", "1")
    wait_for(lambda: being_written(tmp_path / "colour"))
    second = colorize("batch", "scans", "-o", "colour")
    os.killpg(running.pid, signal.SIGTERM)
    assert end(running)[0] == 143
    assert second.returncode == 1
    assert b"another run" in second.stderr


def test_a_crash_takes_one_photo_with_it(
    command: str, colorize: Run, tmp_path: Path, slow_photo: Path, gray_jpeg: Path
):
    for number in range(6):
        (slow_photo.parent / f"z{number}.jpg").write_bytes(gray_jpeg.read_bytes())
    running = start(command, tmp_path, "--jobs", "2")
    wait_for(lambda: being_written(tmp_path / "colour"))
    (victim,) = [
        child
        for child in psutil.Process(running.pid).children(recursive=True)
        if any(file.path.endswith(".part") and "slow" in file.path for file in child.open_files())
    ]
    victim.send_signal(signal.SIGSEGV)
    code, message = end(running)
    assert code == 3
    assert "slow.png" in message
    assert "SIGSEGV" in message
    assert "6 coloured, 1 failed" in message
    assert not being_written(tmp_path / "colour")
    again = colorize("batch", "scans", "-o", "colour", "--json")
    assert (again.returncode, json.loads(again.stdout)["unchanged"]) == (3, 6)
    assert colorize("batch", "scans", "-o", "colour", "--retry-failed").returncode == 0


def test_a_failure_leaves_a_photo_alone_that_is_being_written_under_a_like_name(
    command: str, tmp_path: Path, slow_photo: Path, gray_jpeg: Path
):
    """Temporary files keep the first 40 characters of a name."""
    name = "Smith family, summer holidays by the sea, 19"
    slow_photo.rename(slow_photo.parent / f"{name}00.png")
    for number in range(1, 41):  # failures at all times, while the first is decoded and while it is written
        whole = gray_jpeg.read_bytes()
        photo = whole[:-100] if number % 2 else whole
        (slow_photo.parent / f"{name}{number:02}.jpg").write_bytes(photo)
    code, message = end(start(command, tmp_path, "--jobs", "2"))
    assert code == 3
    assert "21 coloured, 20 failed" in message
    assert not being_written(tmp_path / "colour")


def interlaced_png(side: int) -> bytes:
    """A black square of one bit a pixel (PNG specification, 3rd edition: chunks, Adam7)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    squeeze = zlib.compressobj(1)
    data = b""
    for left, top, across, down in ADAM7:
        rows, columns = -(-(side - top) // down), -(-(side - left) // across)
        row = bytes(1 + -(-columns // 8))
        data += b"".join(squeeze.compress(row * 100) for _ in range(rows // 100)) + squeeze.compress(row * (rows % 100))
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 1)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", data + squeeze.flush()) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs an address-space limit")
def test_a_photo_that_asks_for_too_much_memory(command: str, tmp_path: Path, scans: Scans):
    """An interlaced PNG has to be decoded as a whole: 2.5 gigabytes of this one, where 2.5 may be taken for all."""
    folder = scans(4)
    (folder / "bomb.png").write_bytes(interlaced_png(50_000))
    script = f"ulimit -v 2500000; exec {shlex.quote(command)} batch scans -o colour --jobs 2"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert done.returncode == 3, done.stderr
    assert b"4 coloured, 1 failed" in done.stderr
    assert b"bomb.png" in done.stderr


def test_a_photo_that_takes_too_long(colorize: Run, tmp_path: Path, slow_photo: Path, gray_jpeg: Path):
    (slow_photo.parent / "z.jpg").write_bytes(gray_jpeg.read_bytes())
    done = colorize("batch", "scans", "-o", "colour", "--jobs", "2", "--time-limit", "1")
    assert done.returncode == 3
    assert b"longer than 1 seconds" in done.stderr
    assert [path.name for path in results(tmp_path / "colour")] == ["z.jpg"]


def test_time_that_a_run_was_stopped_for_does_not_count(command: str, tmp_path: Path, slow_photo: Path):
    """Ctrl-Z, or a scheduler that suspends, for longer than a photo may take."""
    running = start(command, tmp_path, "--jobs", "1", "--time-limit", "15")
    wait_for(lambda: being_written(tmp_path / "colour"))
    os.killpg(running.pid, signal.SIGSTOP)
    time.sleep(22)
    os.killpg(running.pid, signal.SIGCONT)
    code, message = end(running)
    assert (code, [path.name for path in results(tmp_path / "colour")]) == (0, ["slow.png"]), message


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes."""
    with small_disk_at(tmp_path / "colour", "3m") as disk:
        yield disk


def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(
    colorize: Run, tmp_path: Path, scans: Scans, small_disk: Path, hashes: Hashes
):
    scans(30, (550, 380))
    assert colorize("batch", "scans", "-o", "whole").returncode == 0
    done = colorize("batch", "scans", "-o", "colour")
    assert done.returncode == 1
    message = done.stderr.decode()
    assert "No space left" in message
    assert "make room" in message
    whole, there = hashes(tmp_path / "whole"), hashes(small_disk)
    assert there.items() < whole.items()
    assert len(there) > 3
    assert colorize("batch", "scans", "-o", "colour").returncode == 1
    subprocess.run(["mount", "-o", "remount,size=50m", small_disk], check=True)
    assert colorize("batch", "scans", "-o", "colour").returncode == 0
    assert hashes(small_disk) == whole


def test_a_write_limit_stops_the_run(command: str, tmp_path: Path, scans: Scans):
    """As a full disk does, where no file system can be mounted: no file may grow beyond a few blocks."""
    scans(9, (550, 380))
    script = f"ulimit -f 64; trap '' XFSZ; exec {shlex.quote(command)} batch scans -o colour --jobs 2"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert b"Traceback" not in done.stderr
    assert not [name for name in os.listdir(tmp_path / "colour") if name.endswith(".part")]


@pytest.mark.slow
def test_memory_does_not_grow(command: str, tmp_path: Path, scans: Scans):
    """The process and its workers after 60 photos and after 400, of small photos of three formats."""
    scans(400, (200, 150))
    running = psutil.Popen(
        [command, "batch", "scans", "-o", "colour", "--jobs", "2", "--json"], stdout=subprocess.PIPE, cwd=tmp_path
    )
    sizes: list[int] = []
    with running.stdout:
        for _ in running.stdout:
            with contextlib.suppress(psutil.Error):
                family = [running, *running.children()]
                sizes.append(sum(process.memory_info().rss for process in family))
    assert running.wait() == 0
    early, late = sizes[50:70], sizes[-30:-10]
    assert statistics.median(late) < 1.1 * statistics.median(early)
