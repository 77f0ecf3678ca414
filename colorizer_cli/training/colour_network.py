"""Trains the small network that tells colour photos from toned ones:

    python -m colorizer_cli.training.colour_network PHOTOS… --cache FOLDER -o colorizer_cli/engine/colour.onnx

Four in ten photos are kept in colour, some of them as JPEG; of the others the colours are left away and a toning, and
what decades and a scanner do to it, is put in their place (see `toned_examples`). A toned photo that is taken for
colour counts three times: it would be left as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer_cli.engine.colours import SIDE, Colours
from colorizer_cli.training.cache import PhotoCache, Photos, find_photos
from colorizer_cli.training.command_line import photos_parser
from colorizer_cli.training.small_export import export_fixed
from colorizer_cli.training.toned_examples import KINDS, compressed, toned

SHARES = (0.4, 0.36, 0.24)
EPOCHS, BATCH, RATE, WEIGHT_DECAY = 10, 128, 2e-3, 2e-2
TONED_WEIGHT = 3.0


class ColourNetwork(nn.Module):
    """(N, 5, 64, 64) `Colours.picture` → (N,) above 0: in colour."""

    def __init__(self) -> None:
        super().__init__()
        sizes = ((5, 24, 2), (24, 48, 2), (48, 64, 1), (64, 96, 2), (96, 96, 1))  # channels in and out, stride
        self.layers = nn.Sequential(*(_layer(*size) for size in sizes))
        self.output = nn.Sequential(nn.Dropout(0.2), nn.Linear(3 * sizes[-1][1], 1))

    def forward(self, picture: Tensor) -> Tensor:
        maps = self.layers(picture)
        found: Tensor = self.output(torch.cat([maps.mean((2, 3)), maps.amax((2, 3)), maps.std((2, 3))], 1))[:, 0]
        return found


def _layer(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def example(photo: NDArray[np.uint8], kind: str, rng: np.random.Generator, rare: bool = False) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 sRGB in colour → the photo as "colour" (two in five as JPEG), "damaged" or "toned"."""
    if kind != "colour":
        return toned(photo, rng, damaged=kind == "damaged", rare=rare)
    return compressed(photo, int(rng.integers(30, 96))) if rng.random() < 0.4 else photo


def pictures(photos: Photos, kinds: list[str], seed: int, rare: bool = False) -> NDArray[np.float16]:
    """(N, 5, 64, 64) what the network sees of the photos, each as its kind has it; half precision to save memory.

    `rare`: see `toned`."""
    found = np.empty((len(photos), 5, SIDE, SIDE), np.float16)
    for number, kind in enumerate(kinds):
        rng = np.random.default_rng((seed, number))
        found[number] = Colours.of(example(photos[number], kind, rng, rare)).picture
    return found


def train(
    seen: NDArray[np.float16],
    in_colour: NDArray[np.bool_],
    epochs: int = EPOCHS,
    batch: int = BATCH,
    seed: int = 0,
    report: Callable[[int, float], None] = lambda epoch, loss: None,
) -> ColourNetwork:
    """`seen` as `pictures` gives it → the network; `report` is told each epoch's number and last loss."""
    torch.manual_seed(seed)
    network = ColourNetwork().to(memory_format=torch.channels_last)
    inputs, targets = torch.from_numpy(seen), torch.from_numpy(in_colour)
    steps = len(inputs) // batch
    optimizer: Any = torch.optim.AdamW(network.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps * epochs + 1)
    for epoch in range(epochs):
        order = torch.randperm(len(inputs))
        for step in range(steps):
            chosen = order[step * batch : (step + 1) * batch]
            x, y = inputs[chosen].float(), targets[chosen].float()
            for axis in (-1, -2):
                if torch.rand(1) < 0.5:
                    x = x.flip(axis)
            weight = torch.where(y > 0, 1.0, TONED_WEIGHT)
            logits = network(x.contiguous(memory_format=torch.channels_last))
            loss: Any = F.binary_cross_entropy_with_logits(logits, y, weight=weight)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        report(epoch, float(loss.detach()))
    return network.eval()


def share_in_colour(network: ColourNetwork, seen: NDArray[np.float16]) -> float:
    """The share of the pictures that the network takes for colour."""
    with torch.inference_mode():
        parts = [network(torch.from_numpy(part).float()) > 0 for part in np.array_split(seen, max(1, len(seen) // 100))]
    return float(torch.cat(parts).float().mean())


def export(network: ColourNetwork, path: Path) -> None:
    """Writes ONNX with one input, picture (1, 5, 64, 64)."""
    export_fixed(network, "picture", torch.zeros(1, 5, SIDE, SIDE), path)


def main() -> None:
    """The command."""
    given = photos_parser(__doc__).parse_args()
    torch.set_flush_denormal(True)
    decoded = PhotoCache.build(find_photos(given.photos), given.cache, 176)
    kinds = [str(kind) for kind in np.random.default_rng(0).choice(KINDS, len(decoded), p=SHARES)]

    def show(epoch: int, loss: float) -> None:
        print(f"epoch {epoch + 1} of {EPOCHS}, loss {loss:.4f}", flush=True)

    trained = train(pictures(decoded, kinds, 1, rare=True), np.array(kinds) == "colour", report=show)
    export(trained, given.output)
    if given.validation:
        held = PhotoCache.build(find_photos(given.validation), given.cache, 256)
        for kind in KINDS:
            share = share_in_colour(trained, pictures(held, [kind] * len(held), 2))
            print(f"{kind}: {share:.4f} of {len(held)} taken for colour")


if __name__ == "__main__":
    main()
