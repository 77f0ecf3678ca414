import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pyvips


def test_photos_are_coloured_as_they_arrive(command: str, tmp_path: Path, scans: Callable[..., Path], gray_jpeg: Path):
    folder, colour = scans(3), tmp_path / "colour"
    for path in folder.rglob("*.*"):
        os.utime(path, (1e9, 1e9))
    running = subprocess.Popen(
        [command, "batch", "scans", "-o", "colour", "--watch", "--json", "--report", "report.html"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )

    def wait_for(*names: str) -> None:
        deadline = time.monotonic() + 60
        while not all((colour / name).exists() for name in names):
            assert running.poll() is None
            assert time.monotonic() < deadline, f"{names} did not appear"
            time.sleep(0.1)

    wait_for("scan 000.jpg", "1920s/scan 001.jpg", "1920s/summer/scan 002.jpg")
    whole = gray_jpeg.read_bytes()
    (folder / "new").mkdir()
    with open(folder / "new" / "slow.jpg", "wb") as scanner:
        for start in range(0, len(whole), len(whole) // 8 + 1):
            scanner.write(whole[start : start + len(whole) // 8 + 1])
            scanner.flush()
            time.sleep(1.1)
            assert not (colour / "new" / "slow.jpg").exists()
    wait_for("new/slow.jpg")
    assert pyvips.Image.new_from_file(str(colour / "new" / "slow.jpg")).width == 600
    time.sleep(3)
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=60)
    assert running.returncode == 130
    events = [json.loads(line) for line in output.splitlines()]
    assert [event["event"] for event in events] == ["done"] * 4 + ["summary"]
    assert {name: events[-1][name] for name in ("photos", "done", "unchanged", "failed")} == {
        "photos": 4,
        "done": 4,
        "unchanged": 0,
        "failed": 0,
    }
    assert "slow.jpg" in (tmp_path / "report.html").read_text()
