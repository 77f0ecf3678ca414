"""What `weights verify` finds, in folders that are wrong in one way each."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from safetensors.numpy import load_file, save_file
from tiny_weights import STRIDE, record, tiny_model, write_tiny

from colorizer_cli.backends import soundness
from colorizer_cli.backends.soundness import check_weights, probe
from colorizer_cli.weights.folder import CONFIG, ONNX, SAFETENSORS, WeightsFolder, file_sha256
from colorizer_cli.weights.registry import find_weights


@pytest.fixture
def lite(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_weights().path, tmp_path / "lite"))


def record_anew(folder: Path) -> WeightsFolder:
    """config.json vouches for what is there now."""
    entries = json.loads((folder / CONFIG).read_text())
    entries["sha256"] = {name: file_sha256(folder / name) for name in (SAFETENSORS, ONNX)}
    (folder / CONFIG).write_text(json.dumps(entries))
    return WeightsFolder.open(folder)


def test_the_embedded_weights_are_sound():
    report = check_weights(find_weights())
    assert report.problems == []
    assert list(report.facts) == ["files", "contents", "numbers", "onnx", "torch", "backends"]


def test_damage(lite: Path):
    (lite / ONNX).write_bytes(b"x")
    report = check_weights(WeightsFolder.open(lite))
    assert report.problems[0].startswith("model.onnx: sha256 is")
    assert report.facts == {}


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none(lite: Path, value: float):
    tensors = load_file(lite / SAFETENSORS)
    name = "head.logits.weight"
    tensors[name] = tensors[name].copy()
    tensors[name].reshape(-1)[7] = value
    save_file(tensors, lite / SAFETENSORS)
    model = onnx.load(lite / ONNX)
    initializer = model.graph.initializer[3]
    changed = numpy_helper.to_array(initializer).copy()
    changed.reshape(-1)[0] = value
    initializer.CopyFrom(numpy_helper.from_array(changed, initializer.name))
    (lite / ONNX).write_bytes(model.SerializeToString())
    problems = "\n".join(check_weights(record_anew(lite)).problems)
    assert f"{SAFETENSORS}: NaN or infinity in '{name}'" in problems
    assert f"{ONNX}: NaN or infinity in 1 of" in problems


@pytest.mark.parametrize("change", ["missing", "unexpected", "shape"])
def test_tensors_that_do_not_fit(lite: Path, change: str):
    tensors = load_file(lite / SAFETENSORS)
    name = "head.logits.weight"
    if change == "missing":
        del tensors[name]
    elif change == "shape":
        tensors[name] = tensors[name][:-1].copy()
    else:
        tensors["more"] = tensors[name]
    save_file(tensors, lite / SAFETENSORS)
    (problem,) = check_weights(record_anew(lite)).problems
    assert "does not fit" in problem or "cannot be loaded" in problem


def test_backends_that_disagree(lite: Path):
    tensors = load_file(lite / SAFETENSORS)
    for name in tensors:
        if name.startswith("head."):
            tensors[name] = -tensors[name]
    save_file(tensors, lite / SAFETENSORS)
    (problem,) = check_weights(record_anew(lite)).problems
    assert "differ by" in problem
    assert "at most 0.5" in problem


def test_without_torch(lite: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(soundness, "torch_installed", lambda: False)
    report = check_weights(WeightsFolder.open(lite))
    assert report.sound
    assert "not installed" in report.facts["torch"]


def test_an_output_that_config_does_not_promise(tiny: Path):
    assert "the output for a probe is (2, 24, 32), config.json promises (2, 48, 64)" in "".join(
        check_weights(WeightsFolder.open(record(tiny, stride=STRIDE // 2))).problems
    )


def test_a_network_that_takes_something_else(tmp_path: Path):
    model = tiny_model()
    model.graph.input[0].name = model.graph.node[0].input[0] = "colour_photo"
    (problem,) = check_weights(WeightsFolder.open(write_tiny(tmp_path / "other", model=model))).problems
    assert "does not take a probe" in problem


def test_the_probe():
    gray = probe()
    assert (gray.shape, gray.dtype) == ((1, 1, 96, 128), np.float32)
    assert 0 <= gray.min() < gray.max() <= 1
