"""Nothing is left behind but the results: no identifier, no report waiting to be sent, no cache."""

import os
import subprocess
from pathlib import Path

import pytest

KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "OMP_NUM_THREADS")


@pytest.mark.parametrize("arguments", [["old.jpg", "-o", "new.jpg"], ["batch", "scans", "-o", "colour"], ["doctor"]])
def test_home_and_cache_stay_empty(command: str, gray_jpeg: Path, tmp_path: Path, arguments: list[str]):
    """In an environment without CI and the like, in which ONNX Runtime would report nothing anyway."""
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "a.jpg").write_bytes(gray_jpeg.read_bytes())
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {"HOME": str(home)}
    subprocess.run([command, *arguments], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert list(home.rglob("*")) == []
