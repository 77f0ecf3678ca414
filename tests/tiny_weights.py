"""Weights folders small enough to send about: one convolution with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from colorizer_cli.weights.folder import CARD, CONFIG, ONNX, SAFETENSORS, file_sha256

STRIDE = 4
CARD_TEXT = "---\nlicense: cc-by-4.0\ntags: [old-photos]\nlibrary_name: colorizer-cli\n---\n# tiny\n\nFor tests.\n"


def tiny_model(seed: int = 0) -> onnx.ModelProto:
    """gray (N, 1, H, W) → a and b at a quarter of the size; about 200 kB of it are ballast."""
    rng = np.random.default_rng(seed)
    kernel = numpy_helper.from_array(rng.normal(0, 1, (2, 1, 4, 4)).astype(np.float32), "kernel")
    ballast = numpy_helper.from_array(rng.normal(0, 1, 50_000).astype(np.float32), "ballast")
    image: list[Any] = ["batch", 1, "height", "width"]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["gray", "kernel"], ["colour"], strides=[STRIDE, STRIDE])],
        "tiny",
        [helper.make_tensor_value_info("gray", TensorProto.FLOAT, image)],
        [helper.make_tensor_value_info("colour", TensorProto.FLOAT, ["batch", 2, "h", "w"])],
        [kernel, ballast],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def write_tiny(folder: Path, seed: int = 0, model: onnx.ModelProto | None = None, **entries: object) -> Path:
    """A weights folder with that model; `entries` replace those of config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ONNX).write_bytes((model or tiny_model(seed)).SerializeToString())
    rng = np.random.default_rng(seed)
    save_file({"encoders.detail.weight": rng.normal(0, 1, (40, 1000)).astype(np.float16)}, folder / SAFETENSORS)
    (folder / CARD).write_text(CARD_TEXT)
    return record(folder, **entries)


def record(folder: Path, **entries: object) -> Path:
    """config.json for what is in the folder now."""
    config: dict[str, object] = {
        "name": "tiny",
        "preset": "hybrid-lite",
        "head": "regression",
        "input_size": 64,
        "stride": STRIDE,
        "vividness": 0.5,
        "licence": "CC-BY-4.0",
        "terms": "none",
        "bins": [],
        "prior": [],
        "metrics": {"archive_ab_mse": 101.5, "archive_ab_mse_before": 140.0},
        "sha256": {name: file_sha256(folder / name) for name in (SAFETENSORS, ONNX)},
        "format": 1,
    }
    (folder / CONFIG).write_text(json.dumps(config | entries, indent=1))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
