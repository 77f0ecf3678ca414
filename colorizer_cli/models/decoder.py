"""U-Net decoder: from the bottleneck up, taking skips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer_cli.models.blocks import convolution
from colorizer_cli.models.conditioning import HINT_CHANNELS

Upsampling = Literal["nearest", "transposed"]


class DecoderLevel(nn.Module):
    """Doubles the resolution, joins the skip (and pooled hints), convolves.

    `nearest`: nearest-neighbour upsampling, a 1×1 squeeze of the skip to half the width, two convolutions.
    `transposed`: a learned 2×2 transposed convolution, the skip as it is, one convolution.
    """

    def __init__(self, inputs: int, skip: int, width: int, upsampling: Upsampling, hinted: bool) -> None:
        super().__init__()
        extra = HINT_CHANNELS if hinted else 0
        if upsampling == "nearest":
            self.upsample: nn.Module = nn.Upsample(scale_factor=2, mode="nearest")
            self.squeeze: nn.Module = convolution(skip, width // 2, kernel=1)
            joined = inputs + width // 2 + extra
            self.convolutions = nn.Sequential(convolution(joined, width), convolution(width, width))
        else:
            self.upsample = nn.ConvTranspose2d(inputs, width, kernel_size=2, stride=2)
            self.squeeze = nn.Identity()
            self.convolutions = nn.Sequential(convolution(width + skip + extra, width))

    def forward(self, x: Tensor, skip: Tensor, hints: Tensor | None) -> Tensor:
        joined = [self.upsample(x), self.squeeze(skip)]
        if hints is not None:
            joined.append(hints)
        y: Tensor = self.convolutions(torch.cat(joined, 1))
        return y


class UNetDecoder(nn.Module):
    """One level for each skip, deepest first.

    skips[i] has `skip_channels[i]` channels at twice the resolution of the level below it.
    """

    def __init__(
        self,
        inputs: int,
        skip_channels: Sequence[int],
        widths: Sequence[int],
        upsampling: Upsampling,
        hinted: bool,
    ) -> None:
        super().__init__()
        self.levels = nn.ModuleList()
        for skip, width in zip(skip_channels, widths, strict=True):
            self.levels.append(DecoderLevel(inputs, skip, width, upsampling, hinted))
            inputs = width
        self.channels = inputs

    def forward(self, x: Tensor, skips: Sequence[Tensor], hints: Sequence[Tensor | None]) -> Tensor:
        for level, skip, hint in zip(self.levels, skips, hints, strict=True):
            x = level(x, skip, hint)
        return x


def pad_to_stride(x: Tensor, stride: int) -> Tensor:
    """Repeats the last row and column until H and W are multiples of `stride` (never squashes)."""
    height, width = x.shape[-2:]
    return F.pad(x, (0, -width % stride, 0, -height % stride), mode="replicate")
