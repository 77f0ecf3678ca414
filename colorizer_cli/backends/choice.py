"""--backend and --device → a Predictor. What was asked for, or an error: never a silent stand-in."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import re

from colorizer_cli.backends.predictor import Predictor
from colorizer_cli.errors import BackendError, UsageError
from colorizer_cli.weights.folder import WeightsFolder

BACKENDS = ("auto", "onnx", "torch")
DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
TORCH_HELP = "pip install 'colorizer-cli[torch]'"
CUDA_HELP = f"install an NVIDIA driver, then {TORCH_HELP} (or onnxruntime-gpu in place of onnxruntime)"


def torch_installed() -> bool:
    """Whether what the torch backend needs is installed, without importing it."""
    return all(importlib.util.find_spec(name) is not None for name in ("torch", "timm", "safetensors"))


def check_names(backend: str, device: str) -> None:
    """Raises UsageError for a backend or a device that there is none of by that name."""
    if backend not in BACKENDS:
        raise UsageError(f"--backend {backend}: expected one of {', '.join(BACKENDS)}")
    if not DEVICE.fullmatch(device):
        raise UsageError(f"--device {device}: expected auto, cpu, cuda or cuda:N")


def preload(backend: str = "auto") -> None:
    """Imports the library that `create_predictor` will most likely need.

    For a caller that has other libraries to import while a thread loads the network: two threads that import take
    turns, and the network, which then needs no interpreter, would begin to load only when both are done.
    """
    if backend in ("auto", "onnx"):
        importlib.import_module("colorizer_cli.backends.onnx")


def create_predictor(
    weights: WeightsFolder, backend: str = "auto", device: str = "auto", threads: int | None = None
) -> Predictor:
    """Loads the network of `weights`; on the CPU it runs on `threads` threads, None: one for each core.

    backend "auto" is ONNX Runtime, unless only torch can give the device; device "auto" is CUDA where the backend
    has it, else the CPU. Raises UsageError (unknown backend or device), BackendError (not to be had), WeightsError.
    """
    check_names(backend, device)
    if backend == "torch" and not torch_installed():
        raise BackendError(f"--backend torch: torch or timm is not installed; {TORCH_HELP}")
    if device.startswith("cuda"):
        return _on_cuda(weights, backend, "cuda:0" if device == "cuda" else device, threads)
    if backend == "torch":
        return _torch(weights, "cuda:0" if device == "auto" and _torch_has_cuda() else "cpu", threads)
    if device == "auto" and _onnx_has_cuda():
        with contextlib.suppress(BackendError):  # built for CUDA, but the driver is missing: auto means what works
            return _onnx(weights, "cuda:0", threads)
    return _onnx(weights, "cpu", threads)


def _on_cuda(weights: WeightsFolder, backend: str, device: str, threads: int | None) -> Predictor:
    torch_has_cuda = backend in ("auto", "torch") and torch_installed() and _torch_has_cuda()
    if backend in ("auto", "onnx") and _onnx_has_cuda():
        # ONNX Runtime may lack the libraries that torch brings along
        with contextlib.suppress(BackendError) if torch_has_cuda else contextlib.nullcontext():
            return _onnx(weights, device, threads)
    if torch_has_cuda:
        return _torch(weights, device, threads)
    torch = "finds no CUDA device" if torch_installed() else "is not installed"
    found = {"onnx": "this ONNX Runtime has no CUDA provider", "torch": f"torch {torch}"}
    reasons = " and ".join(reason for name, reason in found.items() if backend in ("auto", name))
    raise BackendError(f"--device {device}: {reasons}.\nTo use a GPU, {CUDA_HELP}; or leave --device away")


def _onnx_has_cuda() -> bool:
    from colorizer_cli.backends.onnx import cuda_available

    return cuda_available()


def _torch_has_cuda() -> bool:
    from colorizer_cli.backends.torch import cuda_available

    return cuda_available()


def _onnx(weights: WeightsFolder, device: str, threads: int | None) -> Predictor:
    from colorizer_cli.backends.onnx import OnnxPredictor

    return OnnxPredictor(weights, device, threads)


def _torch(weights: WeightsFolder, device: str, threads: int | None) -> Predictor:
    from colorizer_cli.backends.torch import TorchPredictor

    return TorchPredictor(weights, device, threads)
