"""torch, on the CPU or on CUDA."""

from __future__ import annotations

import torch
from safetensors.torch import load_file

from colorizer_cli.backends.predictor import Array
from colorizer_cli.errors import BackendError, WeightsError
from colorizer_cli.models.hybrid import HybridUNet, build
from colorizer_cli.weights.folder import SAFETENSORS, WeightsFolder


def cuda_available() -> bool:
    """Whether torch finds a CUDA device."""
    return torch.cuda.is_available()


def load_network(weights: WeightsFolder) -> HybridUNet:
    """The network of a weights folder in float32, in evaluation mode. Raises WeightsError where tensors do not fit."""
    file = weights.verified_file(SAFETENSORS)
    try:
        network = build(weights.config.preset)
        tensors = {name: tensor.float() for name, tensor in load_file(file).items()}
        missing, unexpected = network.load_state_dict(tensors, strict=False)
        # BatchNorm's batch counters play no part in inference and are not stored
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    except Exception as error:  # damaged file, unknown preset, wrong shapes
        first = str(error).splitlines()[0]
        raise WeightsError(f"{file} cannot be loaded: {first}") from error
    if missing or unexpected:
        raise WeightsError(f"{file} does not fit {weights.config.preset}: missing {missing}, unexpected {unexpected}")
    return network.eval()


class TorchPredictor:
    """A weights folder's model.safetensors in eager torch, channels_last. See `Predictor` for the call."""

    backend = "torch"

    def __init__(self, weights: WeightsFolder, device: str = "cpu", threads: int | None = None) -> None:
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise BackendError(f"--device {device}: torch {torch.__version__} finds no CUDA device")
        if device.startswith("cuda:") and int(device.removeprefix("cuda:")) >= torch.cuda.device_count():
            there = ", ".join(f"cuda:{number}" for number in range(torch.cuda.device_count()))
            raise BackendError(f"--device {device}: there is no such GPU; torch finds {there}")
        if threads is not None:
            torch.set_num_threads(threads)
        self.device = device
        network = load_network(weights)
        try:
            self._network = network.to(device).to(memory_format=torch.channels_last)
        except RuntimeError as error:  # a GPU that is in use, or full
            raise BackendError(f"--device {device}: {str(error).splitlines()[0]}") from error

    def predict(self, gray: Array, hints: Array | None = None, palette: Array | None = None) -> Array:
        with torch.inference_mode():
            inputs = [None if array is None else torch.from_numpy(array).to(self.device) for array in (hints, palette)]
            image = torch.from_numpy(gray).to(self.device).contiguous(memory_format=torch.channels_last)
            try:
                output: Array = self._network(image, *inputs).float().cpu().numpy()
            except TypeError as error:
                raise BackendError("these weights take neither hints nor a palette") from error
        return output
