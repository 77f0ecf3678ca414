"""Weights folders from anywhere: nothing runs, nothing outside is read, and the reason is told."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from tiny_weights import record, tiny_model, write_tiny

from colorizer_cli.backends.choice import create_predictor
from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.folder import CARD, CONFIG, ONNX, SAFETENSORS, WeightsFolder
from colorizer_cli.weights.onnx_contents import OnnxContents, refuse_unsafe, refuse_unsafe_contents, stored_tensors
from colorizer_cli.weights.registry import find_weights


def load(folder: Path) -> None:
    create_predictor(WeightsFolder.open(folder), "onnx", "cpu")


def test_what_is_well_formed_loads(tiny: Path):
    load(tiny)
    refuse_unsafe_contents(tiny / ONNX)


@pytest.mark.parametrize("name", ["../../etc/passwd", "ballast.bin", "/dev/zero"])
def test_tensors_in_other_files(tiny: Path, name: str):
    model = onnx.load(tiny / ONNX)
    onnx.external_data_helper.set_external_data(model.graph.initializer[1], name)
    (tiny / ONNX).write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError, match=rf"tensors in other files .*{name}.*\n.*without external data"):
        load(record(tiny))


def test_tensors_in_other_files_deep_in_the_graph(tmp_path: Path):
    """In a constant of a branch of a conditional."""
    tensor = numpy_helper.from_array(np.zeros(4, np.float32), "t")
    constant = helper.make_node("Constant", [], ["c"], value=tensor)
    onnx.external_data_helper.set_external_data(constant.attribute[0].t, "elsewhere")
    constant.attribute[0].t.ClearField("raw_data")
    branch = helper.make_graph([constant], "b", [], [helper.make_tensor_value_info("c", TensorProto.FLOAT, [4])])
    model = tiny_model()
    model.graph.node.append(helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch))
    (tmp_path / ONNX).write_bytes(model.SerializeToString())
    assert OnnxContents.read(tmp_path / ONNX).external == {"", "elsewhere"}
    with pytest.raises(WeightsError, match="elsewhere"):
        refuse_unsafe(tmp_path / ONNX)


def test_custom_operators(tiny: Path):
    model = onnx.load(tiny / ONNX)
    model.graph.node.append(helper.make_node("Paint", ["gray"], ["x"], domain="com.example"))
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    (tiny / ONNX).write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError, match=r"custom operators \('com.example'\)"):
        load(record(tiny))


def test_custom_operators_that_are_not_announced(tiny: Path):
    """The quick look goes by the list of imported domains; what is not on it, ONNX Runtime itself refuses."""
    model = onnx.load(tiny / ONNX)
    model.graph.node.append(helper.make_node("Paint", ["gray"], ["x"], domain="com.example"))
    (tiny / ONNX).write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError):
        load(record(tiny))
    with pytest.raises(WeightsError, match="custom operators"):
        refuse_unsafe_contents(tiny / ONNX)


def test_functions_of_the_models_own_are_no_custom_operators(tiny: Path):
    model = onnx.load(tiny / ONNX)
    twice = helper.make_function(
        "local", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 18)]
    )
    model.functions.append(twice)
    model.opset_import.append(helper.make_opsetid("local", 1))
    model.graph.node.insert(0, helper.make_node("Twice", ["gray"], ["doubled"], domain="local"))
    model.graph.node[1].input[0] = "doubled"
    (tiny / ONNX).write_bytes(model.SerializeToString())
    load(record(tiny))
    assert OnnxContents.read(tiny / ONNX).functions == {"local"}


def test_the_embedded_network_by_the_onnx_packages_own_reading():
    file = find_weights().file(ONNX)
    model = onnx.load(file)
    tensors = [*model.graph.initializer]
    tensors += [a.t for node in model.graph.node for a in node.attribute if a.HasField("t")]
    found = list(stored_tensors(file))
    assert sorted((t.data_type, len(t.data)) for t in found) == sorted((t.data_type, len(t.raw_data)) for t in tensors)
    assert {node.domain for node in model.graph.node} - {""} == OnnxContents.read(file).domains


@pytest.mark.parametrize("seed", range(40))
def test_damaged_models_are_weights_errors_or_safe(tiny: Path, seed: int):
    rng = np.random.default_rng(seed)
    data = bytearray((tiny / ONNX).read_bytes()[:1000] if seed % 2 else (tiny / ONNX).read_bytes()[-800:])
    for _ in range(1 + seed % 5):
        data[rng.integers(len(data))] = rng.integers(256)
    (tiny / ONNX).write_bytes(data[: rng.integers(1, len(data) + 1)])
    try:
        refuse_unsafe_contents(tiny / ONNX)
        list(stored_tensors(tiny / ONNX))
    except WeightsError:
        pass


def test_pickles_are_refused_with_the_reason(tiny: Path, tmp_path: Path):
    torch.save({"a": torch.zeros(2)}, tmp_path / "model.pth")
    with pytest.raises(WeightsError, match=r"model.pth is refused: such files can run code .*\nOnly safetensors"):
        find_weights(tmp_path / "model.pth")
    (tiny / CONFIG).unlink()
    (tiny / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(WeightsError, match=r"no config.json\nIt holds pytorch_model.bin: such files can run code"):
        find_weights(tiny)


def test_a_pickle_by_another_name_does_not_run(tiny: Path, tmp_path: Path):
    class Touch:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "ran",)

    for name in (SAFETENSORS, ONNX):
        (tiny / name).write_bytes(pickle.dumps(Touch()))
    record(tiny)
    for backend in ("onnx", "torch"):
        with pytest.raises(WeightsError):
            create_predictor(WeightsFolder.open(tiny), backend, "cpu")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", [CONFIG, ONNX, SAFETENSORS, CARD])
def test_a_link_out_of_the_folder(tiny: Path, tmp_path: Path, name: str):
    (tiny / name).rename(tmp_path / "secret")
    (tiny / name).symlink_to(tmp_path / "secret")
    with pytest.raises(WeightsError, match="leads out of its folder"):
        WeightsFolder.open(tiny).file(name)


def test_links_within_the_folder_and_in_the_hubs_own_cache(tiny: Path, tmp_path: Path):
    (tiny / ONNX).rename(tiny / "network")
    (tiny / ONNX).symlink_to("network")
    load(tiny)
    snapshot = tmp_path / "models--a--b" / "snapshots" / ("0" * 40)
    blobs = tmp_path / "models--a--b" / "blobs"
    write_tiny(snapshot)
    blobs.mkdir()
    (snapshot / ONNX).rename(blobs / "x")
    (snapshot / ONNX).symlink_to(Path("../../blobs/x"))
    load(snapshot)
    (blobs / "x").rename(tmp_path / "y")
    (blobs / "x").symlink_to(tmp_path / "y")
    with pytest.raises(WeightsError, match="leads out of its folder"):
        load(snapshot)


def test_a_file_larger_than_any_network(tiny: Path):
    os.truncate(tiny / ONNX, 5 * 10**9)  # a hole: it takes no room
    with pytest.raises(WeightsError, match="5000000000 bytes, expected at most"):
        load(tiny)


@pytest.mark.parametrize(
    "entries",
    [
        {"sha256": {}},
        {"sha256": {ONNX: "../../x", SAFETENSORS: "0" * 64}},
        {"metrics": {"a": "b"}},
        {"name": "\x1b[2J"},
        {"name": ""},
        {"licence": "a\nb"},
    ],
)
def test_a_config_with_a_wrong_entry(tiny: Path, entries: dict[str, object]):
    with pytest.raises(WeightsError, match=CONFIG):
        WeightsFolder.open(record(tiny, **entries))


@pytest.mark.parametrize("content", ["[" * 500_000, json.dumps({"format": 1})[:-1] + ', "x": ' + "9" * 10_000 + "}"])
def test_a_config_made_to_exhaust_the_parser(tiny: Path, content: str):
    (tiny / CONFIG).write_text(content)
    with pytest.raises(WeightsError, match=CONFIG):
        WeightsFolder.open(tiny)
