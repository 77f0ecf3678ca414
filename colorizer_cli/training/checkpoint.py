"""A run's state on disk, without pickles: network, EMA and optimizer as safetensors, the rest as JSON.

Everything is one file, so that a kill between two writes cannot leave halves of different moments.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from colorizer_cli.errors import TrainingError

Moments = dict[str, dict[str, Tensor]]


def save(
    file: Path, network: nn.Module, ema: nn.Module, optimizer: torch.optim.Optimizer, progress: dict[str, Any]
) -> None:
    """Writes the checkpoint to a temporary file, syncs it, renames it over `file`."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"ema.{name}": tensor for name, tensor in ema.state_dict().items()}
    for i, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{i}.{name}": value for name, value in state.items()}
    temporary = file.with_name(f".{file.name}.tmp")
    stored = {name: tensor.contiguous() for name, tensor in tensors.items()}
    try:
        save_file(stored, temporary, {"progress": json.dumps(progress)})
        with open(temporary, "r+b") as written:
            os.fsync(written.fileno())
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def load(file: Path, network: nn.Module, ema: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Restores what `save` wrote, in place; returns the progress. Raises TrainingError for a damaged file."""
    parts: dict[str, dict[str, Tensor]] = {"network": {}, "ema": {}, "optimizer": {}}
    try:
        with safe_open(file, framework="pt") as stored:
            for key in stored.keys():  # noqa: SIM118 - safe_open is no mapping
                part, _, name = key.partition(".")
                parts[part][name] = stored.get_tensor(key)
            progress: dict[str, Any] = json.loads(stored.metadata()["progress"])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{file} is damaged ({error}): the run cannot go on; begin anew with --overwrite"
        ) from error
    network.load_state_dict(parts["network"])
    ema.load_state_dict(parts["ema"])
    moments: dict[int, dict[str, Tensor]] = {}
    for key, tensor in parts["optimizer"].items():
        i, _, name = key.partition(".")
        moments.setdefault(int(i), {})[name] = tensor
    optimizer.load_state_dict(optimizer.state_dict() | {"state": moments})
    _lay_out_moments(optimizer)
    return progress


def _lay_out_moments(optimizer: torch.optim.Optimizer) -> None:
    """In memory as their weights are, channels last: the file does not tell, and fused kernels go by the weights."""
    for parameter, state in optimizer.state.items():
        for name, tensor in state.items():
            if tensor.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, requires_grad=False).copy_(tensor)
