import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


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
