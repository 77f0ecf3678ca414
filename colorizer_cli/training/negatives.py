"""Trains the network that tells negatives, from the embedded network's semantic encoder:

    python -m colorizer_cli.training.negatives PHOTOS… --cache FOLDER --device cuda --bfloat16 --workers 3 -o FILE

Each example, photo or negative, is shown as it is and inverted, as the engine shows it: the difference of the two
answers is to say which of them is the photo.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import timm
import torch
from onnx import numpy_helper
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from colorizer_cli.engine.negative import SIDE, standardise
from colorizer_cli.training.cache import PhotoCache, Photos, find_photos
from colorizer_cli.training.negative_examples import example
from colorizer_cli.training.precision import DepthwiseInFloat32
from colorizer_cli.training.small_export import export_fixed
from colorizer_cli.weights.names import SAFETENSORS
from colorizer_cli.weights.registry import find_weights

BACKBONE, PREFIX = "efficientnet_lite0", "encoders.semantic.network."
STRIDE = 32
FROZEN = 3  # stem and first two stages: edges are edges in a negative, too
CONTRAST = 0.5  # deviation of photos as the encoder was trained to see them
SHORT_SIDE = 176  # pixels of the decoded photos


NARROWED, DROPOUT = 48, 0.3  # channels that the head makes of the encoder's, and the share that it drops
TURNED = (
    0.75  # share of examples that lie on a side or their head: in doubt it is asked all ways, one as likely as another
)
DOCUMENTS = 0.12  # share of examples that are pages
BATCH, LEARNING_RATE, HEAD_LEARNING_RATE = 32, 2.5e-4, 8e-4  # the rates go with the square root of the batch


def network(encoder: Mapping[str, Tensor] | None = None) -> nn.Sequential:
    """(N, 1, SIDE, SIDE) standardised gray → (N, 1) logit that it is a negative.

    `encoder`: the tensors of a TimmEncoder of EfficientNet-Lite0, by their names in `network`; None: random ones.
    The convolutions are padded alike on both sides, where the encoder pads below and to the right (TensorFlow's
    "same"): that moves maps by one of their pixels, and spares the graph its arithmetic of sizes.
    """
    backbone = timm.create_model(BACKBONE, pretrained=False, features_only=True)
    if encoder is not None:
        backbone.load_state_dict({name: tensor.float() for name, tensor in encoder.items()}, strict=False)
    stem = nn.Conv2d(1, backbone.conv_stem.out_channels, 3, 2, 1, bias=False)
    with torch.no_grad():  # gray in all three channels
        stem.weight.copy_(backbone.conv_stem.weight.sum(1, keepdim=True) * CONTRAST)
    stages = list(backbone.blocks)
    return nn.Sequential(nn.Sequential(stem, backbone.bn1), *stages, _head(stages[-1][-1].conv_pwl.out_channels))


def _head(channels: int) -> nn.Sequential:
    """Where in the picture something is counts: light comes from above."""
    last = nn.Linear(NARROWED * (SIDE // STRIDE) ** 2, 1)
    nn.init.zeros_(last.weight)  # thousands of unmatched inputs would throw the encoder off
    narrow = (nn.Conv2d(channels, NARROWED, 1), nn.BatchNorm2d(NARROWED), nn.ReLU6())
    return nn.Sequential(*narrow, nn.Flatten(), nn.Dropout(DROPOUT), last)


def semantic_encoder(folder: Path) -> dict[str, Tensor]:
    """The tensors of the semantic encoder in a weights folder."""
    tensors = load_file(folder / SAFETENSORS)
    return {name.removeprefix(PREFIX): tensor for name, tensor in tensors.items() if name.startswith(PREFIX)}


class Examples(Dataset[tuple[Tensor, Tensor]]):
    """Batch n: ((2·batch, 1, SIDE, SIDE) examples as they are, then inverted; (batch,) 1 where it is a negative).

    A pure function of n and the seed; the photos go by in shuffled epochs. `turned`, `documents`: see
    `example`.
    """

    def __init__(
        self,
        photos: Photos,
        examples: int,
        seed: int,
        batch: int = BATCH,
        turned: float = TURNED,
        documents: float = DOCUMENTS,
    ) -> None:
        self.photos, self.seed, self.batch, self.turned, self.documents = photos, seed, batch, turned, documents
        self.count = examples // batch
        epochs = range(-(-examples // len(photos)))
        self.order = np.concatenate(
            [np.random.default_rng((seed, epoch)).permutation(len(photos)) for epoch in epochs] or [np.empty(0, int)]
        )

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        made = [
            example(
                self.photos[int(self.order[n])],
                np.random.default_rng((self.seed, n, 1)),
                SIDE,
                self.turned,
                self.documents,
            )
            for n in range(number * self.batch, (number + 1) * self.batch)
        ]
        pairs = [standardise(gray) for gray, _ in made] + [standardise(1 - gray) for gray, _ in made]
        return torch.from_numpy(np.stack(pairs)[:, None]), torch.tensor([float(inverted) for _, inverted in made])


def train(
    model: nn.Sequential,
    examples: Examples,
    report: Callable[[int, float], None] = lambda step, loss: None,
    bfloat16: bool = False,
    device: str = "cpu",
    workers: int = 0,
    rate: float = 1.0,
    keep_statistics: bool = False,
) -> nn.Sequential:
    """Trains `model` in place; `report` is told each step's number and loss.

    `rate` times the usual learning rates. `keep_statistics`: BatchNorm stays as `load` left it.
    `bfloat16`: the forward pass in it, for GPUs, and CPUs that have AVX512-BF16 or AMX. `workers`: processes that make
    the examples; 0: this one.
    """
    factor = rate * (examples.batch / BATCH) ** 0.5
    torch.manual_seed(examples.seed)
    model = model.to(device).to(memory_format=torch.channels_last)
    model[:FROZEN].requires_grad_(False)
    rates = [LEARNING_RATE * factor, HEAD_LEARNING_RATE * factor]
    groups = [
        {"params": part.parameters(), "lr": rate}
        for part, rate in zip((model[FROZEN:-1], model[-1]), rates, strict=True)
    ]
    optimizer: Any = torch.optim.AdamW(groups, weight_decay=1e-2)
    loader = DataLoader(examples, batch_size=None, num_workers=workers, pin_memory=device != "cpu")
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rates, total_steps=len(loader) + 1, pct_start=0.1, cycle_momentum=False
    )
    model.train()
    if keep_statistics:
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
    front = _front(model[:FROZEN].eval(), device)
    narrow: Any = DepthwiseInFloat32() if bfloat16 and device == "cpu" else nullcontext()
    for step, (x, inverted) in enumerate(loader):
        edges = front(x.to(device, non_blocking=True).contiguous(memory_format=torch.channels_last))
        with torch.autocast(torch.device(device).type, torch.bfloat16, bfloat16), narrow:
            maps = model[FROZEN:-1](edges)
        as_is, turned = model[-1](maps.float())[:, 0].chunk(2)
        loss: Any = F.binary_cross_entropy_with_logits(as_is - turned, inverted.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        report(step, float(loss.detach()))
    return model.eval().cpu()


def _front(front: nn.Sequential, device: str) -> Callable[[Tensor], Tensor]:
    """The frozen part; on a CPU with BatchNorm folded into its convolutions: a third of the time."""
    if device != "cpu":
        return torch.no_grad()(front)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.compile, which it recommends, needs a C++ compiler
        traced = torch.jit.trace(front, torch.zeros(2, 1, SIDE, SIDE))  # type: ignore[no-untyped-call]
        folded: Callable[[Tensor], Tensor] = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
    return folded


def export(model: nn.Sequential, path: Path) -> None:
    """Writes ONNX with one input, gray (2, 1, SIDE, SIDE): a photo and its inversion."""
    export_fixed(model, "gray", torch.zeros(2, 1, SIDE, SIDE), path)


def load(model: nn.Sequential, file: Path) -> None:
    """Fills `model` with what `export` wrote. BatchNorm, folded there into the convolution before it, adds its bias."""
    graph = onnx.load(file).graph
    stored = {part.name: torch.from_numpy(numpy_helper.to_array(part).astype(np.float32)) for part in graph.initializer}
    stored |= {node.output[0]: stored[node.input[0]] for node in graph.node if node.op_type in ("Cast", "Identity")}
    weighted = iter([node.input[1:] for node in graph.node if node.op_type in ("Conv", "Gemm")])
    bias = torch.empty(0)
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                weight, bias = (stored[name] for name in next(weighted))
                layer.weight.copy_(weight)
                if layer.bias is not None:
                    layer.bias.copy_(bias)
                    bias = torch.zeros_like(bias)  # of a convolution with a bias BatchNorm has nothing left to add
            elif isinstance(layer, nn.BatchNorm2d):
                layer.reset_running_stats()
                layer.weight.fill_((1 + layer.eps) ** 0.5)
                layer.bias.copy_(bias)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder for decoded photos")
    parser.add_argument("--weights", help="whose encoder to start from; the embedded ones")
    parser.add_argument("--examples", type=int, default=1_000_000)
    parser.add_argument("--init", type=Path, help="go on from this file, BatchNorm's statistics kept")
    parser.add_argument("--rate", type=float, default=1.0, help="times the usual learning rates")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--documents", type=float, default=DOCUMENTS, help="share of the examples that are pages")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--workers", type=int, default=0, help="processes that make the examples")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--bfloat16", action="store_true", help="for GPUs, and CPUs that have AVX512-BF16 or AMX")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.set_flush_denormal(True)
    decoded = PhotoCache.build(find_photos(given.photos), given.cache, SHORT_SIDE)
    model = network(semantic_encoder(find_weights(given.weights).path))
    if given.init is not None:
        load(model, given.init)

    def show(step: int, loss: float) -> None:
        if step % 20 == 0:
            print(f"{step * given.batch} of {given.examples} examples, loss {loss:.4f}", flush=True)

    train(
        model,
        Examples(decoded, given.examples, given.seed, given.batch, documents=given.documents),
        show,
        given.bfloat16,
        given.device,
        given.workers,
        given.rate,
        keep_statistics=given.init is not None,
    )
    export(model, given.output)


if __name__ == "__main__":
    main()
