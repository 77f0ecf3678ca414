"""Whether a weights folder is whole and does what it should: more than loading it for a photo looks at."""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.backends.choice import torch_installed
from colorizer_cli.backends.onnx import OnnxPredictor
from colorizer_cli.backends.predictor import Array, Predictor
from colorizer_cli.color.decoding import decode
from colorizer_cli.errors import WeightsError
from colorizer_cli.weights.folder import ONNX, SAFETENSORS, WeightsFolder
from colorizer_cli.weights.names import HASHED
from colorizer_cli.weights.onnx_contents import refuse_unsafe_contents, stored_tensors
from colorizer_cli.weights.untrusted import check_format

PARITY, INT8_PARITY = 0.5, 30.0  # Lab units that the two backends may differ by; as `export` lets through
PROBE = (96, 128)  # height and width, px
DTYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("<f4"),
    10: np.dtype("<f2"),
    11: np.dtype("<f8"),
}  # onnx.TensorProto.DataType


@dataclass
class Soundness:
    """`problems`, a line each: empty when all is well. `facts`: what was looked at, and found."""

    problems: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        return not self.problems


def check_weights(weights: WeightsFolder) -> Soundness:
    """Hashes, finite numbers, what model.onnx would reach for, strict loading, and both backends on a probe."""
    report = Soundness(weights.verify())
    if report.problems:
        return report  # damaged or exchanged: nothing in them deserves to be loaded
    report.facts["files"] = f"{', '.join(HASHED)} have the sha256 that config.json records"
    try:
        for name in HASHED:
            check_format(weights.file(name))
        refuse_unsafe_contents(weights.file(ONNX))
        report.facts["contents"] = "no operators but ONNX's own, no other files"
        _check_numbers(weights, report)
        _check_backends(weights, report)
    except WeightsError as error:
        report.problems.append(str(error))
    return report


def _check_numbers(weights: WeightsFolder, report: Soundness) -> None:
    """NaN and infinity anywhere in either file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    counts = []
    try:
        tensors = load_file(weights.file(SAFETENSORS))
    except (SafetensorError, TypeError, KeyError, ValueError) as error:
        raise WeightsError(f"{weights.file(SAFETENSORS)} cannot be loaded: {str(error)[:200]}") from error
    not_finite = [name for name, tensor in tensors.items() if not _finite(tensor)]
    if not_finite:
        report.problems.append(f"{SAFETENSORS}: NaN or infinity in {', '.join(not_finite[:5])!r:.200}")
    counts.append(f"{len(tensors)} tensors in {SAFETENSORS}")
    stored = [tensor for tensor in stored_tensors(weights.file(ONNX)) if tensor.data_type in DTYPES]
    wrong = sum(not _finite(np.frombuffer(tensor.data, DTYPES[tensor.data_type])) for tensor in stored)
    if wrong:
        report.problems.append(f"{ONNX}: NaN or infinity in {wrong} of {len(stored)} tensors")
    counts.append(f"{len(stored)} in {ONNX}")
    if not report.problems:
        report.facts["numbers"] = f"all finite: {', '.join(counts)}"


def _check_backends(weights: WeightsFolder, report: Soundness) -> None:
    """Each on the same probe; what they would colour it with must agree."""
    gray = probe()
    found = {"onnx": _answer(weights, OnnxPredictor(weights), gray, ONNX)}
    report.facts["onnx"] = "loads, and answers a probe"
    if not torch_installed():
        report.facts["torch"] = f"not installed: {SAFETENSORS} was read, but not loaded into its network"
        return
    from colorizer_cli.backends.torch import TorchPredictor

    found["torch"] = _answer(weights, TorchPredictor(weights), gray, SAFETENSORS)
    report.facts["torch"] = "loads strictly: every tensor has its place and shape"
    apart = float(np.abs(found["onnx"] - found["torch"]).max())
    quantised = _is_quantised(weights.file(ONNX))
    limit = INT8_PARITY if quantised else PARITY
    report.facts["backends"] = f"differ by {apart:.3f} Lab units at most{' (partly int8)' if quantised else ''}"
    if not apart <= limit:
        report.problems.append(f"{ONNX} and {SAFETENSORS} differ by {apart:.2f} Lab units on a probe; at most {limit}")


def _is_quantised(file: Path) -> bool:
    """By the operator that leads from int8 back to numbers: its name stands in the file as it is."""
    with open(file, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as contents:
        return contents.find(b"DequantizeLinear") >= 0


def probe() -> Array:
    """(1, 1, 96, 128) float32, 0…1: a ramp with a grain, the same at each call."""
    height, width = PROBE
    ramp = np.linspace(0.05, 0.95, width, dtype=np.float32)[None].repeat(height, 0)
    grain = np.random.default_rng(0).normal(0, 0.03, (height, width)).astype(np.float32)
    return np.asarray(np.clip(ramp + grain, 0, 1), np.float32)[None, None]


def _answer(weights: WeightsFolder, predictor: Predictor, gray: Array, name: str) -> Array:
    """→ (2, h, w) a and b in Lab units. Raises WeightsError where the network takes something else, or its output has
    another shape or is not finite."""
    try:
        output: Array = predictor.predict(gray)[0]
    except Exception as error:  # ONNX Runtime's and torch's own kinds
        raise WeightsError(f"{name} does not take a probe: {str(error).splitlines()[0]:.200}") from error
    config = weights.config
    stride = config.stride
    channels = len(config.bins) if config.head == "distribution" else 2
    expected = (channels, PROBE[0] // stride, PROBE[1] // stride)
    if output.shape != expected:
        raise WeightsError(f"{name}: the output for a probe is {output.shape}, config.json promises {expected}")
    if not _finite(output):
        raise WeightsError(f"{name}: the output for a probe has NaN or infinity")
    if config.head == "regression":
        return output
    decoded: Array = decode(output, config.bin_array(), config.prior_array(), 0.0)
    return decoded


def _finite(values: NDArray[Any]) -> bool:
    return values.dtype.kind != "f" or bool(np.isfinite(values).all())
