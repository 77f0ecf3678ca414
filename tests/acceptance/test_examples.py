import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_color_a_photo(tmp_path: Path):
    run = [sys.executable, EXAMPLES / "color_a_photo.py", EXAMPLES / "photographer.jpg", tmp_path / "new.jpg"]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert "512 × 512" in done.stdout
    assert (tmp_path / "new.jpg").exists()
    again = subprocess.run(run, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "exists already" in again.stderr
