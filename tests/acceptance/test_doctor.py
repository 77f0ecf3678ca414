"""`colorize doctor`: on this installation, and on ones with something missing or broken."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

import colorizer_cli
from colorizer_cli.color.compiled import problem
from colorizer_cli.weights.registry import embedded_root

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "doctor.md"
KEYS = {
    "colorize": None,
    "python": {"version", "executable"},
    "system": {"name", "machine", "memory_bytes"},
    "threads": {"cores", "usable", "quota", "environment"},
    "disk": {"here", "temporary"},
    "caches": {"hugging_face_hub", "hugging_face_assets", "torch_hub"},
    "base": {"complete", "install", "packages"},
    "extras": None,
    "compiled": {"works", "problem"},
    "backends": {"onnx", "torch"},
    "weights": None,
    "main_job": {"works", "seconds", "backend", "device", "problem", "remedy"},
}


def environment_without(folder: Path, *missing: str) -> dict[str, str]:
    """For `python -S`: all that is installed here but the distributions `missing`, as links in `folder`."""
    gone = set()
    for name in missing:
        distribution = importlib.metadata.distribution(name)
        gone |= {Path(str(file)).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(place).iterdir():
            if entry.name not in gone | {"colorizer_cli"}:
                (folder / entry.name).symlink_to(entry)
    (folder / "colorizer_cli").symlink_to(Path(colorizer_cli.__file__).parent)
    return os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}


def doctor(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    run = [sys.executable, "-S", "-m", "colorizer_cli", "doctor", *arguments]
    return subprocess.run(run, env=environment, capture_output=True, text=True, check=False)


def test_what_is_found_here(colorize: Run, tmp_path: Path):
    done = colorize("doctor", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {name: None if KEYS.get(name) is None else set(found[name]) for name in found} == KEYS
    assert found["main_job"]["works"] is True
    assert (found["main_job"]["backend"], found["main_job"]["device"]) == ("onnx", "cpu")
    assert "CPUExecutionProvider" in found["backends"]["onnx"]["providers"]
    assert "cpu" in found["backends"]["torch"]["devices"]
    assert found["base"]["complete"] is True
    assert found["base"]["packages"]["numpy"]["version"] == importlib.metadata.version("numpy")
    assert set(found["extras"]) == set(importlib.metadata.metadata("colorizer-cli").get_all("Provides-Extra"))
    assert found["extras"]["torch"]["complete"] is True
    assert found["compiled"] == {"works": problem() is None, "problem": problem()}
    assert found["weights"]["hybrid-lite"]["problems"] == []
    assert found["disk"]["here"]["path"] == str(tmp_path)
    assert 1 <= found["threads"]["usable"] <= found["threads"]["cores"]


def test_in_words(colorize: Run):
    done = colorize("doctor")
    assert done.returncode == 0
    table = done.stdout.decode()
    for words in (
        "threads",
        "free disk, temporary",
        "cache, torch hub",
        "extra [cluster]",
        "compiled code",
        "as recorded",
        "works (onnx",
    ):
        assert words in table


def test_every_key_is_explained_in_the_guide():
    text = GUIDE.read_text()
    for name, inner in KEYS.items():
        assert f"`{name}`" in text
        for key in inner or ():
            assert f"`{key}`" in text


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system sets no affinity")
def test_fewer_cores_and_other_caches(command: str, tmp_path: Path):
    (tmp_path / "hub" / "models--a" / "blobs").mkdir(parents=True)
    (tmp_path / "hub" / "models--a" / "blobs" / "1").write_bytes(bytes(3_000_000))
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "hub"), "OMP_NUM_THREADS": "3"}
    program = f"import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); os.execv({command!r}, "
    run = [sys.executable, "-c", program + "['colorize', 'doctor', '--json'])"]
    found = json.loads(subprocess.run(run, env=environment, capture_output=True, check=True).stdout)
    cache = {"path": str(tmp_path / "hub"), "exists": True, "size_bytes": 3_000_000}
    assert found["caches"]["hugging_face_hub"] == cache
    assert found["threads"]["usable"] == 1
    assert found["threads"]["environment"]["OMP_NUM_THREADS"] == "3"


def test_damaged_weights(tmp_path: Path):
    """A copy of the whole package whose network has lost a byte."""
    shutil.copytree(Path(colorizer_cli.__file__).parent, tmp_path / "colorizer_cli", dirs_exist_ok=True)
    shutil.copytree(embedded_root(), tmp_path / "colorizer_cli" / "_weights", dirs_exist_ok=True)
    network = tmp_path / "colorizer_cli" / "_weights" / "hybrid-lite" / "model.onnx"
    network.write_bytes(network.read_bytes()[:-1])
    run = [sys.executable, "-m", "colorizer_cli", "doctor", "--json"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[1] == "install colorizer-cli again: the embedded weights come with it"
    found = json.loads(done.stdout)
    assert "model.onnx" in found["weights"]["hybrid-lite"]["problems"][0]
    assert "damaged" in found["main_job"]["problem"]


def test_a_missing_package_of_the_base_install(tmp_path: Path):
    environment = environment_without(tmp_path, "onnxruntime")
    done = doctor(environment, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["base"]["packages"]["onnxruntime"]["version"] is None
    assert found["backends"]["onnx"]["problem"] == "not installed"
    assert found["main_job"]["problem"] == "ModuleNotFoundError: No module named 'onnxruntime'"
    assert found["main_job"]["remedy"] == f"{sys.executable} -m pip install 'onnxruntime>=1.20'"
    assert done.stderr.splitlines()[-1] == found["main_job"]["remedy"]


@pytest.mark.parametrize("missing", ["numpy", "packaging", "pyvips"])
def test_whatever_is_missing_the_doctor_speaks(tmp_path: Path, missing: str):
    done = doctor(environment_without(tmp_path, missing))
    assert (done.returncode == 1) == (missing != "packaging"), done.stderr
    assert f"-m pip install {missing}" in done.stdout.replace("'", "")
    assert "Traceback" not in done.stderr


def test_without_torch_the_main_job_works(tmp_path: Path):
    done = doctor(environment_without(tmp_path, "torch", "timm"), "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert found["backends"]["torch"] == {"version": None, "providers": [], "devices": {}, "problem": "not installed"}
    line = found["extras"]["torch"]["install"]
    assert "'torch<" in line or "'torch>=" in line
    assert "timm" in line
    assert "safetensors" not in line  # it is there
    assert found["main_job"]["works"] is True
