"""What a trained network, asked at several sizes and mirrored, expects: a steadier target than one photo's colours."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIZES = (96, 128, 160)


class Teacher:
    """A frozen network of the same preset as the student's (Hinton et al. 2015, Furlanello et al. 2018).

    Its answers at different sizes, averaged, are better than any of them. A step asks at one size only, as the loss is
    linear in its target: over the steps the student learns the average. The views are mirrored, because that is what
    the student's own answer differs from most at its own size.
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
        told = F.interpolate(hints, size=(size, size), mode="nearest-exact").flip(-1)
        logits: Tensor = self.network(seen, told, palette)
        stride = size // logits.shape[-1]
        return _resized(logits.float().softmax(1).flip(-1), own // stride)


def _resized(maps: Tensor, size: int) -> Tensor:
    if maps.shape[-1] == size:
        return maps
    return F.interpolate(maps, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
