"""Losses: cross-entropy against soft bin labels, the squared error of the expected colour, and plain L2."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

NEIGHBOURS, SIGMA, LIMIT = 5, 5.0, 128


class DistributionLoss(nn.Module):
    """Cross-entropy against 5-nearest-bin soft labels (Gaussian, σ = 5), and the squared error of the mean colour.

    The second, of Σ p·bin, is divided by 100 and weighted with `expectation`.

    The soft labels come from a table over a/b rounded to whole Lab units.
    forward(logits (N, K, h, w), ab (N, 2, h, w)) → scalar.
    """

    bins: Tensor
    neighbours: Tensor
    weights: Tensor

    def __init__(self, bins: NDArray[np.float32], expectation: float = 0.0) -> None:
        super().__init__()
        self.expectation = expectation
        axis = torch.arange(-LIMIT, LIMIT, dtype=torch.float32)
        cells = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
        distance, index = torch.cdist(cells, torch.from_numpy(bins)).topk(NEIGHBOURS, largest=False)
        # the nearest bin's distance is taken out first: far outside the gamut every weight would underflow to 0
        weights = torch.softmax(-(distance**2) / (2 * SIGMA**2), dim=1)
        self.register_buffer("neighbours", index)
        self.register_buffer("weights", weights)
        self.register_buffer("bins", torch.from_numpy(bins))

    def forward(self, logits: Tensor, ab: Tensor) -> Tensor:
        logits = logits.float()
        cell = (ab.round().clamp(-LIMIT, LIMIT - 1) + LIMIT).long()
        cell = cell[:, 0] * (2 * LIMIT) + cell[:, 1]
        index, weight = self.neighbours[cell].permute(0, 3, 1, 2), self.weights[cell].permute(0, 3, 1, 2)
        log_probability = logits.log_softmax(1)
        loss = -(weight * log_probability.gather(1, index)).sum(1).mean()
        if self.expectation:
            expected = torch.einsum("nkhw,kc->nchw", log_probability.exp(), self.bins)
            loss = loss + self.expectation * ((expected - ab) ** 2).mean() / 100
        return loss


def l2(prediction: Tensor, ab: Tensor) -> Tensor:
    """The reference design's loss: mean squared error over a and b, in squared Lab units."""
    return ((prediction.float() - ab) ** 2).mean()
