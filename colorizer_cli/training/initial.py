"""Where a training run starts from: a weights folder, or a safetensors file of the same network."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from colorizer_cli.errors import WeightsError
from colorizer_cli.models.hybrid import HybridUNet

# The names that the first prototype of hybrid-lite gave to the same layers.
PROTOTYPE_NAMES = (
    (r"^semantic\.", "encoders.semantic.network."),
    (r"^detail\.", "encoders.detail."),
    (r"^skips\.(\d+)\.", r"decoder.levels.\1.squeeze."),
    (r"^decoder\.(\d)\.(\d)\.", r"decoder.levels.\1.convolutions.\2."),
    (r"^head\.(weight|bias)$", r"head.logits.\1"),
)


def load_initial(network: HybridUNet, path: Path) -> None:
    """Loads `path` (a weights folder or a .safetensors file) into `network`, every tensor accounted for.

    Raises WeightsError where a tensor is missing, left over or of another shape.
    """
    file = path / "model.safetensors" if path.is_dir() else path
    if not file.is_file():
        raise WeightsError(f"no weights at {file}; give a weights folder or a .safetensors file")
    try:
        tensors = {_current_name(name): tensor.float() for name, tensor in load_file(file).items()}
    except SafetensorError as error:
        raise WeightsError(f"{file} holds no tensors that can be read: {error}") from error
    for extra in ("bins", "prior"):
        tensors.pop(extra, None)
    try:
        network.load_state_dict(_with_counters(network, tensors))
    except RuntimeError as error:
        raise WeightsError(f"{file} does not fit this network: {' '.join(str(error).split()):.300}") from error


def _current_name(name: str) -> str:
    if name.startswith("encoders."):
        return name
    for pattern, replacement in PROTOTYPE_NAMES:
        renamed = re.sub(pattern, replacement, name)
        if renamed != name:
            return renamed
    return name


def _with_counters(network: HybridUNet, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """BatchNorm's batch counters are not kept in a weights folder; training does not use them."""
    counters = {name: tensor for name, tensor in network.state_dict().items() if name.endswith("num_batches_tracked")}
    return {name: torch.zeros_like(tensor) for name, tensor in counters.items()} | {
        name: tensor for name, tensor in tensors.items() if name not in counters
    }
