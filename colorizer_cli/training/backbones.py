"""Pretrained backbones from a file, for machines that the Hub cannot be reached from."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from colorizer_cli.errors import UsageError, WeightsError
from colorizer_cli.models.encoders import TimmEncoder
from colorizer_cli.models.hybrid import HybridUNet, build

HUB, RANDOM = "hub", "random"


def network_with_backbones(preset: str, sources: Sequence[str]) -> HybridUNet:
    """A new network of `preset`, its backbones from `sources`.

    sources   ["hub"] (through timm), ["random"], or files: [FILE] where the preset has one backbone, else
              ["ENCODER=FILE", …] for each

    Raises UsageError where the sources do not name the preset's backbones, WeightsError where a file does not fit or
    the Hub cannot be reached.
    """
    if list(sources) == [HUB]:
        return _from_hub(preset)
    network = build(preset)
    if list(sources) == [RANDOM]:
        return network
    backbones = {name: encoder for name, encoder in network.encoders.items() if isinstance(encoder, TimmEncoder)}
    files = {}
    for source in sources:
        name, _, file = source.rpartition("=")
        files[name or (next(iter(backbones)) if len(backbones) == 1 else "")] = Path(file)
    if set(files) != set(backbones):
        expected = " and ".join(f"--backbone-weights {name}=FILE" for name in backbones)
        raise UsageError(f"{preset} needs {expected}; found {', '.join(sources)}")
    for name, encoder in backbones.items():
        load_backbone(encoder, files[name])
    return network


def _from_hub(preset: str) -> HybridUNet:
    try:
        return build(preset, pretrained=True)
    except Exception as error:  # the Hub's client and timm raise many kinds
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"the pretrained backbones of {preset} cannot be fetched from the Hub ({first:.200}).\n"
            "Fetch them elsewhere and give them as --backbone-weights FILE"
        ) from error


def load_backbone(encoder: TimmEncoder, file: Path) -> None:
    """Loads an ImageNet checkpoint (.safetensors, or .pth holding tensors alone) of the encoder's architecture.

    By name where the file uses timm's names; else by position, as state dicts of one architecture list their layers in
    one order. Every shape is checked; the layers of the classifier, at the end, are left over.
    Raises WeightsError where a tensor is missing or of another shape.
    """
    tensors = _read(file)
    wanted = encoder.network.state_dict()
    by_name = {_plain(name): tensor for name, tensor in tensors.items()}
    needed = [name for name in wanted if not name.endswith("num_batches_tracked")]
    if all(_plain(name) in by_name for name in needed):
        found = {name: by_name.get(_plain(name), wanted[name]) for name in wanted}
    elif file.suffix == ".safetensors":  # its entries are sorted: they have no order to go by
        missing = next(name for name in needed if _plain(name) not in by_name)
        raise WeightsError(f"{file} has no {missing}: a .safetensors file must use timm's names")
    else:
        found = dict(zip(wanted, tensors.values(), strict=False))
    for name, tensor in wanted.items():
        if name not in found or found[name].shape != tensor.shape:
            shape = tuple(found[name].shape) if name in found else "missing"
            raise WeightsError(f"{file} does not fit: {name} is {shape}, expected {tuple(tensor.shape)}")
    encoder.network.load_state_dict(found)


def _read(file: Path) -> dict[str, Tensor]:
    if not file.is_file():
        raise WeightsError(f"no backbone weights at {file}")
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        loaded = torch.load(file, map_location="cpu", weights_only=True)  # tensors alone: no code is run
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise WeightsError(f"{file} holds no tensors that can be read: {str(error).splitlines()[0]:.200}") from error
    if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise WeightsError(f"{file} is no state dict: expected names and tensors")
    return loaded


def _plain(name: str) -> str:
    """timm's feature extractors write the first dots of a name as underscores."""
    return name.replace(".", "_")
