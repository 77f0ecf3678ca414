"""HybridUNet → model.onnx: dynamic sizes, preprocessing inside, weights stored in half the bytes."""

from __future__ import annotations

import copy
import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from colorizer_cli.models.hybrid import HybridUNet

OPSET = 18
OPSETS = range(13, 21)  # that the exporter writes and ONNX Runtime takes
HALVED_FROM = 256  # smaller tensors stay float32: they weigh nothing and may hold scales


class _Padded(nn.Module):
    """The part of the network that is exported: sizes are whole multiples of the deepest stride."""

    def __init__(self, network: HybridUNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, gray: Tensor, hints: Tensor | None = None, palette: Tensor | None = None) -> Tensor:
        return self.network.forward_padded(gray, hints, palette)


def export_onnx(network: HybridUNet, file: Path, opset: int = OPSET, halved: bool = True) -> None:
    """Writes `network`, in evaluation mode; inputs gray, hints and palette (gray alone where it is not conditioned).

    Batch is free, height and width are any multiples of 32. `halved`: big tensors are stored as float16 and cast back
    when a session loads them.
    """
    network = copy.deepcopy(network).eval()  # the caller's stays in its mode
    stride = network.deepest_stride
    arguments: tuple[Tensor, ...] = (torch.rand(2, 1, 3 * stride, 4 * stride),)
    names = ["gray"]
    if network.palette is not None:
        arguments += (torch.zeros(2, 3, 3 * stride, 4 * stride), torch.zeros(2, network.palette.in_features))
        names += ["hints", "palette"]
    image = {0: "batch", 2: "height", 3: "width"}
    buffer = io.BytesIO()
    # The tracing exporter: torch.export's symbolic shapes need minutes for the backbone's "same" padding, which is
    # constant here, as every size is a multiple of the stride.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Padded(network),
            arguments,
            buffer,  # type: ignore[arg-type] # the tracing exporter takes a stream
            dynamo=False,
            input_names=names,
            output_names=["colour"],
            dynamic_axes={"gray": image, "hints": image, "palette": {0: "batch"}, "colour": image},
            opset_version=opset,
            # Else BatchNorm is folded into the convolutions here, and float16 rounds what was not rounded in
            # model.safetensors: logits differed by 0.02. ONNX Runtime folds it just as well when it loads.
            training=torch.onnx.TrainingMode.PRESERVE,
        )
    model = onnx.load_from_string(buffer.getvalue())
    if halved:
        halve_weights(model)
    onnx.checker.check_model(model)
    file.write_bytes(model.SerializeToString())


def halve_weights(model: onnx.ModelProto) -> None:
    """Stores every big float32 initializer as float16 followed by a Cast, in place. The graph still runs in float32."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < HALVED_FROM:
            continue
        name = tensor.name
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}_float16")
        tensor.CopyFrom(half)
        casts.append(onnx.helper.make_node("Cast", [half.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    half_names = {cast.output[0] for cast in casts}
    kept = [value for value in model.graph.value_info if value.name not in half_names]
    del model.graph.value_info[:]
    model.graph.value_info.extend(kept)
