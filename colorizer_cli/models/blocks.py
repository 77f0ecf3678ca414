"""The one convolution block that encoders and decoder share."""

from __future__ import annotations

from torch import nn


def convolution(inputs: int, outputs: int, kernel: int = 3) -> nn.Sequential:
    """Convolution (same size), BatchNorm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )
