"""What a trained network, asked at several sizes and mirrored, expects: a steadier target than one photo's colours."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer_cli.errors import TrainingError
from colorizer_cli.models.heads import RegressionHead
from colorizer_cli.models.hybrid import HybridUNet

SIZES = (96, 128, 160)


def check_teachable(network: HybridUNet) -> None:
    """Raises TrainingError where the network gives no distribution."""
    if isinstance(network.head, RegressionHead):
        raise TrainingError("a teacher gives a distribution; the reference design's network predicts a and b alone")


class Teacher:
    """A frozen network of the same preset as the student's (Hinton et al. 2015, Furlanello et al. 2018).

    Its answers at several sizes and mirrored, averaged, are better than any of them (docs/training.md has figures). A
    step asks at one size only, always mirrored: the loss's gradient is linear in its target, so that over the steps the
    student learns the average.
    """

    def __init__(self, network: nn.Module, sizes: Sequence[int] = SIZES) -> None:
        self.network = network.eval().requires_grad_(False)
        self.sizes = tuple(sizes)

    @torch.no_grad()
    def __call__(self, gray: Tensor, hints: Tensor, palette: Tensor, step: int) -> Tensor:
        """(N, 1, S, S), (N, 3, S, S), (N, K + 1) as in `HybridUNet.forward` → (N, K, S / 4, S / 4) probabilities."""
        own = gray.shape[-1]
        size = self.sizes[step % len(self.sizes)]
        seen = _resized(gray, size).flip(-1).contiguous(memory_format=torch.channels_last)
        logits: Tensor = self.network(seen, _resized_hints(hints, size).flip(-1), palette)
        stride = size // logits.shape[-1]
        return _resized(logits.float().softmax(1).flip(-1), own // stride)


def _resized_hints(hints: Tensor, size: int) -> Tensor:
    """Means over what is hinted: single hinted pixels stay, and stay fully present."""
    if hints.shape[-1] == size:
        return hints
    sums = F.interpolate(torch.cat([hints[:, :2] * hints[:, 2:], hints[:, 2:]], 1), size=(size, size), mode="area")
    share = sums[:, 2:]
    return torch.cat([sums[:, :2] / share.clamp_min(1e-6), (share > 0).to(hints.dtype)], 1)


def _resized(maps: Tensor, size: int) -> Tensor:
    if maps.shape[-1] == size:
        return maps
    return F.interpolate(maps, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
