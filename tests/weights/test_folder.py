import json
import shutil
from pathlib import Path

import pytest

from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.folder import CONFIG, ONNX, SAFETENSORS, WeightsFolder
from colorizer_cli.weights.registry import embedded_root, find_weights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "weights"
    shutil.copytree(find_weights().path, copy)
    return copy


def change(folder: Path, **entries: object) -> None:
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | entries))


def test_embedded_weights_are_complete_and_as_recorded():
    weights = find_weights()
    assert weights.path == embedded_root() / "hybrid-lite"
    assert weights.verify() == []
    assert (weights.path / "README.md").read_text().startswith("---")
    assert weights.config.bin_array().shape == (259, 2)
    assert weights.config.prior_array().sum() == pytest.approx(1, abs=1e-3)
    assert len(weights.sha256) == 64


def test_embedded_weights_beat_the_starting_point():
    """Mean a/b squared error on 600 held-back scenes at 128 px; the prototype it started from scores 150.7."""
    assert find_weights().config.metrics["places_ab_mse"] <= 150.7


def test_a_folder_is_found_by_its_path(folder: Path):
    assert find_weights(folder).config == find_weights().config


def test_unknown_names_list_the_known_ones():
    with pytest.raises(WeightsError, match="hybrid-lite"):
        find_weights("nope")


def test_a_changed_byte_is_found(folder: Path):
    content = bytearray((folder / ONNX).read_bytes())
    content[1000] ^= 1
    (folder / ONNX).write_bytes(content)
    assert [problem.split(":")[0] for problem in WeightsFolder.open(folder).verify()] == [ONNX]


def test_a_missing_file_is_found(folder: Path):
    (folder / SAFETENSORS).unlink()
    assert "missing" in WeightsFolder.open(folder).verify()[0]


@pytest.mark.parametrize(
    "entries",
    [
        {"format": 2},
        {"head": "magic"},
        {"input_size": 10**6},
        {"input_size": "128"},
        {"stride": 3},
        {"vividness": 2},
        {"bins": [[0, 0]]},
        {"bins": [["a", 0]] * 259},
        {"prior": [-1.0] * 259},
        {"prior": [True] * 259},
        {"metrics": None},
        {"metrics": {"\x1b]0;x\x1b\\_ab_mse": 1}},
        {"metrics": {"places_ab_mse": 10**400}},
        {"vividness": 10**400},
        {"name": None},
    ],
)
def test_a_config_with_a_wrong_entry_is_refused(folder: Path, entries: dict[str, object]):
    change(folder, **entries)
    with pytest.raises(WeightsError, match=CONFIG):
        WeightsFolder.open(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"{}", b" " * 2_000_000])
def test_a_config_that_is_none_is_refused(folder: Path, content: bytes):
    (folder / CONFIG).write_bytes(content)
    with pytest.raises(WeightsError, match=CONFIG):
        WeightsFolder.open(folder)


def test_no_other_file_of_a_folder_is_opened(folder: Path):
    with pytest.raises(WeightsError):
        WeightsFolder.open(folder).file("../secret")


@pytest.mark.parametrize(("backend", "name"), [("onnx", ONNX), ("torch", SAFETENSORS)])
@pytest.mark.parametrize("content", [b"", b"garbage" * 100])
def test_damaged_weights_are_a_weights_error(folder: Path, backend: str, name: str, content: bytes):
    from colorizer_cli.backends.choice import create_predictor

    (folder / name).write_bytes(content)
    with pytest.raises(WeightsError, match="sha256"):
        create_predictor(WeightsFolder.open(folder), backend, "cpu")
