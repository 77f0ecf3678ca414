"""A trained network → a weights folder: config.json, model.safetensors (float16), model.onnx, README.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.models.export import export_onnx
from colorizer_cli.models.hybrid import HybridUNet
from colorizer_cli.weights.config import WeightsConfig
from colorizer_cli.weights.folder import CARD, CONFIG, ONNX, SAFETENSORS, file_sha256


@dataclass(frozen=True)
class Description:
    """What a weights folder says of itself, apart from what can be computed. See `WeightsConfig`."""

    name: str
    preset: str
    input_size: int
    vividness: float
    licence: str
    terms: str
    metrics: dict[str, float]
    card: str


def publish(network: HybridUNet, prior: NDArray[np.float32], description: Description, folder: Path) -> WeightsConfig:
    """Writes the folder's four files; config.json, which vouches for the others, last. `prior` is (K,)."""
    folder.mkdir(parents=True, exist_ok=True)
    halved = half_precision(network)
    tensors = {
        name: tensor.half().contiguous() if tensor.is_floating_point() else tensor
        for name, tensor in halved.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    save_file(tensors, folder / SAFETENSORS)
    (folder / SAFETENSORS).chmod(0o644)  # safetensors makes its files for their owner alone
    export_onnx(halved, folder / ONNX)
    (folder / CARD).write_text(description.card, encoding="utf-8")
    distribution = network.conditioned
    config = WeightsConfig(
        name=description.name,
        preset=description.preset,
        head="distribution" if distribution else "regression",
        input_size=description.input_size,
        stride=network.output_stride,
        vividness=description.vividness,
        licence=description.licence,
        terms=description.terms,
        bins=gamut_bins().tolist() if distribution else [],
        prior=[float(f"{p:.6g}") for p in prior] if distribution else [],
        metrics=description.metrics,
        sha256={name: file_sha256(folder / name) for name in (SAFETENSORS, ONNX)},
    )
    (folder / CONFIG).write_text(config.to_json(), encoding="utf-8")
    return config


def half_precision(network: HybridUNet) -> HybridUNet:
    """The same network with every weight rounded to float16, in place, still computing in float32."""
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.half().float())
    return network
