"""Losses: cross-entropy against soft bin labels, the squared error of the expected colour, and plain L2."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

NEIGHBOURS, SIGMA, LIMIT = 5, 5.0, 128


class DistributionLoss(nn.Module):
    """Cross-entropy against 5-nearest-bin soft labels (Gaussian, σ = 5), and the squared error of the mean colour.

    The second, of Σ p·bin, is divided by 100 and weighted with `expectation`.

    The soft labels come from a table over a/b rounded to whole Lab units. With a teacher's probabilities,
    `distillation` is their share of the target, of the bins as of the mean colour, and the rest is the photo's.
    forward(logits (N, K, h, w), ab (N, 2, h, w), taught (N, K, h, w) or None) → scalar.
    """

    bins: Tensor
    neighbours: Tensor
    weights: Tensor

    def __init__(self, bins: NDArray[np.float32], expectation: float = 0.0, distillation: float = 0.0) -> None:
        super().__init__()
        self.expectation, self.distillation = expectation, distillation
        axis = torch.arange(-LIMIT, LIMIT, dtype=torch.float32)
        cells = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)
        distance, index = torch.cdist(cells, torch.from_numpy(bins)).topk(NEIGHBOURS, largest=False)
        # the nearest bin's distance is taken out first: far outside the gamut every weight would underflow to 0
        weights = torch.softmax(-(distance**2) / (2 * SIGMA**2), dim=1)
        self.register_buffer("neighbours", index)
        self.register_buffer("weights", weights)
        self.register_buffer("bins", torch.from_numpy(bins))

    def forward(self, logits: Tensor, ab: Tensor, taught: Tensor | None = None) -> Tensor:
        cells = ab.permute(0, 2, 3, 1).reshape(-1, 2)
        rounded = (cells.round().clamp(-LIMIT, LIMIT - 1) + LIMIT).long()
        row = rounded[:, 0] * (2 * LIMIT) + rounded[:, 1]
        rows = logits.permute(0, 2, 3, 1).reshape(-1, logits.shape[1]).float()  # no copy of channels_last logits
        weights = self.weights[row]
        if taught is not None:
            taught = taught.permute(0, 2, 3, 1).reshape(rows.shape) * self.distillation
            weights = weights * (1 - self.distillation)
            cells = cells * (1 - self.distillation) + taught @ self.bins
        loss: Tensor = _Fused.apply(rows, self.neighbours[row], weights, taught, cells, self.bins, self.expectation)
        return loss


class _Fused(torch.autograd.Function):
    """The loss and, in the same passes, its gradient: a third of the time of the same thing in single operations.

    With p = softmax(logits), soft labels q, M cells, mean colour c = Σ p·bin, error d = c − ab, and g = λ d / (100 M):
    ∂/∂logits = (p − q) / M + p · (bin·g − c·g). q is `weight` at the bins `index`, plus `taught` at all of them.
    """

    @staticmethod
    def forward(
        ctx: Any,
        logits: Tensor,
        index: Tensor,
        weight: Tensor,
        taught: Tensor | None,
        ab: Tensor,
        bins: Tensor,
        expectation: float,
    ) -> Tensor:
        count = len(logits)
        p = torch.softmax(logits, 1)
        largest, place = p.max(1, keepdim=True)  # at least 1 / K, so that its logarithm is exact
        log_total = logits.gather(1, place) - largest.log()
        loss = (weight * (log_total - logits.gather(1, index))).sum() / count
        if taught is not None:
            loss = loss + (taught * (log_total - logits)).sum() / count
        factor: Tensor | float = 1 / count
        if expectation:
            mean = p @ bins
            difference = mean - ab
            loss = loss + expectation * (difference**2).mean() / 100
            g = difference * (expectation / (100 * count))
            factor = torch.addmm(1 / count - (g * mean).sum(1, keepdim=True), g, bins.T)
        gradient = p.mul_(factor).scatter_add_(1, index, weight / -count)
        if taught is not None:
            gradient.sub_(taught, alpha=1 / count)
        ctx.save_for_backward(gradient)
        return loss

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = ctx.saved_tensors
        return gradient * outputs[0], None, None, None, None, None, None


def l2(prediction: Tensor, ab: Tensor) -> Tensor:
    """The reference design's loss: mean squared error over a and b, in squared Lab units."""
    return ((prediction.float() - ab) ** 2).mean()
