"""Shell completion, in a real bash that has loaded what `colorize --show-completion` prints."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

BASH = shutil.which("bash")
COMMANDS = {"batch", "doctor", "fine-tune", "verify", "weights"}

pytestmark = pytest.mark.skipif(BASH is None, reason="no bash")
Complete = Callable[..., list[str]]


@pytest.fixture(scope="module")
def script(command: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The completion script, written by a colorize that bash has started: it asks which shell it was started from."""
    file = tmp_path_factory.mktemp("completion") / "colorize.bash"
    subprocess.run([BASH, "-c", f"{command} --show-completion > {file}; true"], check=True)
    return file


@pytest.fixture
def complete(command: str, script: Path, tmp_path: Path) -> Complete:
    """complete("colorize", "ba") → what bash would offer for the last word."""

    def ask(*words: str) -> list[str]:
        program = f'. "{script}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _colorize_completion "$1"'
        run = subprocess.run(
            [BASH, "-c", program + '; printf "%s\\n" "${COMPREPLY[@]}"', "bash", *words],
            cwd=tmp_path,
            env=os.environ | {"PATH": f"{Path(command).parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stderr == ""
        return run.stdout.split()

    return ask


def test_commands(complete: Complete):
    assert complete("colorize", "ba") == ["batch"]
    offered = complete("colorize", "")
    assert set(offered) >= COMMANDS
    assert "PHOTO" not in offered
    assert set(complete("colorize", "weights", "")) >= {"list", "path", "verify"}


def test_options_of_a_command(complete: Complete):
    assert complete("colorize", "batch", "scans", "--retry") == ["--retry-failed"]
    assert complete("colorize", "batch", "--viv") == ["--vividness"]
    assert complete("colorize", "fine-tune", "archive", "--checkpoint") == ["--checkpoint-minutes"]


@pytest.mark.parametrize("before", [["old.jpg"], ["-o", "new.jpg"], ["--json", "old.jpg"], [], ["-"]])
def test_options_of_the_photo_command_which_has_no_name(complete: Complete, before: list[str]):
    assert complete("colorize", *before, "--before") == ["--before-after"]


def test_options_of_the_whole(complete: Complete):
    assert complete("colorize", "--show") == ["--show-completion"]
    assert complete("colorize", "--vers") == ["--version"]


def test_values(complete: Complete):
    assert complete("colorize", "old.jpg", "--backend", "") == ["auto", "onnx", "torch"]
    assert complete("colorize", "old.jpg", "--format", "t") == ["tiff"]
    assert complete("colorize", "batch", "scans", "--border", "k") == ["keep"]
    assert complete("colorize", "fine-tune", "archive", "--preset", "hybrid-v") == ["hybrid-vgg16-resnet50v2"]


@pytest.mark.parametrize("words", [["ol"], ["batch", "sc"], ["old.jpg", "-o", "new"], ["verify", "old.jpg", ""]])
def test_file_names_are_left_to_the_shell(complete: Complete, script: Path, words: list[str]):
    assert complete("colorize", *words) == []
    assert "complete -o default" in script.read_text()


def test_installing_adds_the_script_to_bash(command: str, tmp_path: Path):
    install = [BASH, "-c", f"{command} --install-completion; true"]
    subprocess.run(install, env=os.environ | {"HOME": str(tmp_path)}, check=True, capture_output=True)
    assert "colorize.sh" in (tmp_path / ".bashrc").read_text()
    assert "_colorize_completion" in (tmp_path / ".bash_completions" / "colorize.sh").read_text()
