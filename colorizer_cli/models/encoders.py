"""Encoders: gray photo → feature maps at growing strides."""

from __future__ import annotations

from collections.abc import Sequence

import timm
import torch
from torch import Tensor, nn

from colorizer_cli.models.blocks import convolution
from colorizer_cli.models.features import FeatureInfo

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
INCEPTION_MEAN, INCEPTION_STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)


class TimmEncoder(nn.Module):
    """A timm backbone that sees gray as three equal channels, normalised as it was in its pretraining.

    Input (N, 1, H, W) sRGB-encoded gray 0…1; output one map for each of `feature_info.strides`.
    A frozen encoder takes no gradient and keeps its BatchNorm statistics, also in training mode.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        name: str,
        *,
        mean: Sequence[float],
        std: Sequence[float],
        frozen: bool = False,
    ) -> None:
        super().__init__()
        self.network = timm.create_model(name, pretrained=False, features_only=True)
        info = self.network.feature_info
        self.feature_info = FeatureInfo(tuple(info.channels()), tuple(info.reduction()))
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)
        self.frozen = frozen
        if frozen:
            self.requires_grad_(False)
            self.eval()

    def train(self, mode: bool = True) -> TimmEncoder:
        return super().train(mode and not self.frozen)

    def forward(self, gray: Tensor) -> list[Tensor]:
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            features: list[Tensor] = self.network((gray - self.mean) / self.std)
        return features


class DetailEncoder(nn.Module):
    """Thin VGG-style encoder at strides 1, 2, 4, 8 …, trained from scratch.

    Input (N, 1, H, W) sRGB-encoded gray 0…1; output one map per stride.
    """

    def __init__(self, channels: Sequence[int] = (16, 24, 48, 64)) -> None:
        super().__init__()
        self.feature_info = FeatureInfo(tuple(channels), tuple(2**level for level in range(len(channels))))
        self.blocks = nn.ModuleList()
        previous = 1
        for level, width in enumerate(channels):
            pool = [nn.MaxPool2d(2)] if level else []
            self.blocks.append(nn.Sequential(*pool, convolution(previous, width), convolution(width, width)))
            previous = width

    def forward(self, gray: Tensor) -> list[Tensor]:
        features: list[Tensor] = []
        x = gray * 2 - 1
        for block in self.blocks:
            x = block(x)
            features.append(x)
        return features
