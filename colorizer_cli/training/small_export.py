"""The networks beside the one that colours, as ONNX."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from colorizer_cli.models.export import OPSET, halve_weights


def export_fixed(network: nn.Module, name: str, example: Tensor, path: Path) -> None:
    """Writes `network` with one input, `name`, always of the example's shape. Weights are stored as float16."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of its own exporter
        torch.onnx.export(
            network.eval(),
            (example,),
            buffer,  # type: ignore[arg-type] # the tracing exporter takes a stream
            input_names=[name],
            opset_version=OPSET,
            dynamo=False,
        )
    stored = onnx.load_from_string(buffer.getvalue())
    halve_weights(stored)
    path.write_bytes(stored.SerializeToString())
