"""What the user knows about the colours, as network inputs: local hints and a palette.

Source: Zhang et al., "Real-Time User-Guided Image Colorization with Learned Deep Priors" (SIGGRAPH 2017).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

HINT_CHANNELS = 3  # a, b, presence
AB_SCALE = 110.0


def pool_hints(hints: Tensor, stride: int) -> Tensor:
    """(N, 3, H, W) hints at full network resolution → (N, 3, H/stride, W/stride).

    `hints` holds a, b (Lab units) and presence (0 or 1). Each cell gets the mean a/b of its hinted pixels,
    divided by 110, and presence 1; cells without a hint are zero.
    """
    presence = hints[:, 2:]
    pooled = F.avg_pool2d(torch.cat([hints[:, :2] * presence / AB_SCALE, presence], 1), stride)
    found = (pooled[:, 2:] > 1e-6).to(hints.dtype)
    return torch.cat([pooled[:, :2] / pooled[:, 2:].clamp(min=1e-4) * found, found], 1)
