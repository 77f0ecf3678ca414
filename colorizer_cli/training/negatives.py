"""Trains the two networks that tell negatives, from the embedded network's semantic encoder:

    python -m colorizer_cli.training.negatives PHOTOS… --cache FOLDER --bfloat16 -o negative.onnx
    python -m colorizer_cli.training.negatives PHOTOS… --cache FOLDER --bfloat16 --thorough -o negative_thorough.onnx

Each example, photo or negative, is shown as it is and inverted, as the engine shows it: the difference of the two
answers is to say which of them is the photo.
"""

from __future__ import annotations

import argparse
import io
import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import timm
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from colorizer_cli.engine.negative import QUICK, THOROUGH, standardise
from colorizer_cli.models.export import OPSET, halve_weights
from colorizer_cli.training.cache import PhotoCache, Photos, find_photos
from colorizer_cli.training.negative_examples import example
from colorizer_cli.training.precision import DepthwiseInFloat32
from colorizer_cli.weights.names import SAFETENSORS
from colorizer_cli.weights.registry import find_weights

BACKBONE, PREFIX = "efficientnet_lite0", "encoders.semantic.network."
STRIDE = 32
FROZEN = 3  # stem and first two stages: edges are edges in a negative, too; it halves the time of a step
CONTRAST = 0.5  # deviation of photos as the encoder was trained to see them
SHORT_SIDE = 176  # pixels of the decoded photos


@dataclass(frozen=True)
class Design:
    """side      pixels of the input
    stages      of the encoder, and `blocks` of the next one
    narrowed    channels that the head first makes of the encoder's; None: it takes them all
    turned      share of the examples that lie on a side or their head
    """

    side: int
    stages: int
    blocks: int
    narrowed: int | None
    turned: float
    dropout: float
    batch: int
    learning_rate: float
    head_learning_rate: float

    def head(self, channels: int) -> nn.Sequential:
        """Where in the picture something is counts: light comes from above."""
        width = self.narrowed or channels
        last = nn.Linear(width * (self.side // STRIDE) ** 2, 1)
        if self.narrowed is None:
            return nn.Sequential(nn.Flatten(), nn.Dropout(self.dropout), last)
        nn.init.zeros_(last.weight)  # thousands of unmatched inputs would throw the encoder off
        narrow = (nn.Conv2d(channels, width, 1), nn.BatchNorm2d(width), nn.ReLU6())
        return nn.Sequential(*narrow, nn.Flatten(), nn.Dropout(self.dropout), last)


# up to stride 16 and the one block that leads to stride 32; the whole encoder
SMALL = Design(QUICK.side, 5, 1, None, 0.25, 0.2, 48, 6e-4, 2e-3)
LARGE = Design(THOROUGH.side, 7, 0, 48, 0.75, 0.3, 32, 2.5e-4, 8e-4)  # it is asked all ways, one as likely as another


def network(design: Design = SMALL, encoder: Mapping[str, Tensor] | None = None) -> nn.Sequential:
    """(N, 1, side, side) standardised gray → (N, 1) logit that it is a negative.

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
    stages = list(backbone.blocks[: design.stages])
    if design.blocks:
        stages.append(backbone.blocks[design.stages][: design.blocks])
    channels = stages[-1][-1].conv_pwl.out_channels
    return nn.Sequential(nn.Sequential(stem, backbone.bn1), *stages, design.head(channels))


def semantic_encoder(folder: Path) -> dict[str, Tensor]:
    """The tensors of the semantic encoder in a weights folder."""
    tensors = load_file(folder / SAFETENSORS)
    return {name.removeprefix(PREFIX): tensor for name, tensor in tensors.items() if name.startswith(PREFIX)}


class Examples(Dataset[tuple[Tensor, Tensor]]):
    """Batch n: ((2·batch, 1, side, side) examples as they are, then inverted; (batch,) 1 where it is a negative).

    A pure function of n and the seed; the photos go by in shuffled epochs.
    """

    def __init__(self, photos: Photos, examples: int, seed: int, design: Design = SMALL) -> None:
        self.photos, self.seed, self.design = photos, seed, design
        self.count = examples // design.batch
        epochs = range(-(-examples // len(photos)))
        self.order = np.concatenate(
            [np.random.default_rng((seed, epoch)).permutation(len(photos)) for epoch in epochs] or [np.empty(0, int)]
        )

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        design = self.design
        made = [
            example(
                self.photos[int(self.order[n])], np.random.default_rng((self.seed, n, 1)), design.side, design.turned
            )
            for n in range(number * design.batch, (number + 1) * design.batch)
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
) -> nn.Sequential:
    """Trains `model`, of the examples' design, in place; `report` is told each step's number and loss.

    `bfloat16`: the forward pass in it, for GPUs, and CPUs that have AVX512-BF16 or AMX. `workers`: processes that make
    the examples; 0: this one.
    """
    design = examples.design
    torch.manual_seed(examples.seed)
    model = model.to(device).to(memory_format=torch.channels_last)
    model[:FROZEN].requires_grad_(False)
    groups = [
        {"params": model[FROZEN:-1].parameters(), "lr": design.learning_rate},
        {"params": model[-1].parameters(), "lr": design.head_learning_rate},
    ]
    optimizer: Any = torch.optim.AdamW(groups, weight_decay=1e-2)
    rates = [design.learning_rate, design.head_learning_rate]
    loader = DataLoader(examples, batch_size=None, num_workers=workers, pin_memory=device != "cpu")
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rates, total_steps=len(loader) + 1, pct_start=0.1, cycle_momentum=False
    )
    model.train()
    front = _front(model[:FROZEN].eval(), design.side, device)
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


def _front(front: nn.Sequential, side: int, device: str) -> Callable[[Tensor], Tensor]:
    """The frozen part; on a CPU with BatchNorm folded into its convolutions: a third of the time."""
    if device != "cpu":
        return torch.no_grad()(front)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.compile, which it recommends, needs a C++ compiler
        traced = torch.jit.trace(front, torch.zeros(2, 1, side, side))  # type: ignore[no-untyped-call]
        folded: Callable[[Tensor], Tensor] = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
    return folded


def export(model: nn.Sequential, path: Path, design: Design = SMALL) -> None:
    """Writes ONNX with one input, gray (2, 1, side, side): a photo and its inversion. Weights are stored as float16."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of its own exporter
        torch.onnx.export(
            model.eval(),
            (torch.zeros(2, 1, design.side, design.side),),
            buffer,  # type: ignore[arg-type] # the tracing exporter takes a stream
            input_names=["gray"],
            opset_version=OPSET,
            dynamo=False,
        )
    stored = onnx.load_from_string(buffer.getvalue())
    halve_weights(stored)
    path.write_bytes(stored.SerializeToString())


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="folder for decoded photos")
    parser.add_argument("--weights", help="whose encoder to start from; the embedded ones")
    parser.add_argument("--thorough", action="store_true", help="the larger one, that is asked in doubt")
    parser.add_argument("--examples", type=int, default=64_000)
    parser.add_argument("--batch", type=int, help="the design's; learning rates go with its square root")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--workers", type=int, default=0, help="processes that make the examples")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--bfloat16", action="store_true", help="for GPUs, and CPUs that have AVX512-BF16 or AMX")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.set_flush_denormal(True)
    decoded = PhotoCache.build(find_photos(given.photos), given.cache, SHORT_SIDE)
    design = LARGE if given.thorough else SMALL
    if given.batch:
        factor = (given.batch / design.batch) ** 0.5
        rates = {name: getattr(design, name) * factor for name in ("learning_rate", "head_learning_rate")}
        design = replace(design, batch=given.batch, **rates)
    model = network(design, semantic_encoder(find_weights(given.weights).path))

    def show(step: int, loss: float) -> None:
        if step % 20 == 0:
            print(f"{step * design.batch} of {given.examples} examples, loss {loss:.4f}", flush=True)

    train(
        model,
        Examples(decoded, given.examples, given.seed, design),
        show,
        given.bfloat16,
        given.device,
        given.workers,
    )
    export(model, given.output, design)


if __name__ == "__main__":
    main()
