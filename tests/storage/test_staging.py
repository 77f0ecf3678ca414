"""Local copies on their way: none is left behind."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from colorizer_cli.storage.staging import PREFIX, Staging


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_of_the_living_nothing_of_the_dead_everything_is_removed(home: Path):
    code = "import sys, os; from colorizer_cli.storage.staging import Staging; s = Staging(); "
    code += "open(s.file('photo.jpg'), 'w').close(); sys.stdout.flush(); os.kill(os.getpid(), 9)"
    mine = Staging()
    Path(mine.file("photo.jpg")).touch()
    subprocess.run([sys.executable, "-c", code], env={"TMPDIR": str(home), "PATH": ""}, check=False)
    (home / "colorize-else").mkdir()
    assert len(list(home.glob(f"{PREFIX}*"))) == 2
    other = Staging()
    assert {path.name for path in home.iterdir()} == {
        Path(mine.folder).name,
        Path(other.folder).name,
        "colorize-else",
    }
    assert Path(mine.file("photo.jpg")).exists()
    mine.clear()
    assert not Path(mine.file("photo.jpg")).exists()
    mine.close()
    other.close()
    assert [path.name for path in home.iterdir()] == ["colorize-else"]
