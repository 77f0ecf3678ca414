"""Heads: decoder features → colour, as a distribution over a/b bins or as a/b itself."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DistributionHead(nn.Module):
    """(N, C, h, w) → (N, K, h, w) logits over K a/b bins."""

    def __init__(self, inputs: int, bins: int) -> None:
        super().__init__()
        self.logits = nn.Conv2d(inputs, bins, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.logits(x)
        return y


class RegressionHead(nn.Module):
    """(N, C, h, w) → (N, 2, h, w) a and b in Lab units, −128…127."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.ab = nn.Conv2d(inputs, 2, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        return (128 * torch.tanh(self.ab(x))).clamp(max=127)
