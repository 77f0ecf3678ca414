"""ONNX Runtime, on the CPU or through its CUDA execution provider (that path is written, and has not been run)."""

from __future__ import annotations

import numpy as np
import onnxruntime

from colorizer_cli.backends.predictor import Array
from colorizer_cli.cores import usable_cores
from colorizer_cli.errors import BackendError, WeightsError
from colorizer_cli.weights.folder import ONNX, WeightsFolder

INPUT_STRIDE = 32  # of every preset: the deepest encoder map
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def cuda_available() -> bool:
    """Whether this onnxruntime was built with CUDA; the driver is only tried when a session is made."""
    return CUDA in onnxruntime.get_available_providers()


class OnnxPredictor:
    """A weights folder's model.onnx in an inference session. See `Predictor` for the call."""

    backend = "onnx"

    def __init__(self, weights: WeightsFolder, device: str = "cpu", threads: int | None = None) -> None:
        self.device = device
        self._conditioned = weights.config.conditioned
        self._stride = weights.config.stride
        self._palette_size = len(weights.config.bins) + 1
        providers: list[str | tuple[str, dict[str, str]]] = [CPU]
        if device.startswith("cuda"):
            providers.insert(0, (CUDA, {"device_id": device.partition(":")[2] or "0"}))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or usable_cores()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave the core alone
        options.log_severity_level = 3
        options.enable_mem_pattern = False  # made for inputs of one size, and kept for each of many
        file = weights.verified_file(ONNX)
        try:
            # its own fallback would print to stdout, and go on with the CPU in silence
            self._session = onnxruntime.InferenceSession(str(file), options, providers=providers, enable_fallback=0)
        except Exception as error:  # onnxruntime's own exceptions share no public base class
            first = next(iter(str(error).splitlines()), type(error).__name__)
            if device.startswith("cuda"):
                raise BackendError(f"--device {device}: ONNX Runtime could not start CUDA: {first}") from error
            raise WeightsError(f"{file} cannot be loaded by ONNX Runtime: {first}") from error
        if device.startswith("cuda") and CUDA not in self._session.get_providers():
            raise BackendError(f"--device {device}: ONNX Runtime could not start CUDA (driver or libraries missing)")

    def predict(self, gray: Array, hints: Array | None = None, palette: Array | None = None) -> Array:
        height, width = gray.shape[-2:]
        inputs = {"gray": padded_to_stride(gray)}
        if self._conditioned:
            count, _, padded_height, padded_width = inputs["gray"].shape
            no_hints = np.zeros((count, 3, padded_height, padded_width), np.float32)
            inputs["hints"] = no_hints if hints is None else padded_to_stride(hints)
            inputs["palette"] = np.zeros((count, self._palette_size), np.float32) if palette is None else palette
        elif hints is not None or palette is not None:
            raise BackendError("these weights take neither hints nor a palette")
        output: Array = self._session.run(None, inputs)[0]
        return output[..., : -(-height // self._stride), : -(-width // self._stride)]


def padded_to_stride(image: Array) -> Array:
    """As `models.decoder.pad_to_stride`, which model.onnx leaves out: symbolic padding takes minutes to export."""
    height, width = image.shape[-2:]
    return np.pad(image, ((0, 0), (0, 0), (0, -height % INPUT_STRIDE), (0, -width % INPUT_STRIDE)), mode="edge")
