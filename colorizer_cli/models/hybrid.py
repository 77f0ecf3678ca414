"""HybridUNet: two encoders fused at the bottleneck, a U-Net decoder, a colour head. And its two presets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.models.blocks import convolution
from colorizer_cli.models.conditioning import HINT_CHANNELS, pool_hints
from colorizer_cli.models.decoder import UNetDecoder, Upsampling, pad_to_stride
from colorizer_cli.models.encoders import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    INCEPTION_MEAN,
    INCEPTION_STD,
    DetailEncoder,
    TimmEncoder,
)
from colorizer_cli.models.features import FeatureInfo
from colorizer_cli.models.heads import DistributionHead, RegressionHead

LITE0 = "tf_efficientnet_lite0.in1k"

Skip = tuple[tuple[str, ...], int]  # (names of the encoders that give the skip, its stride)


class HybridUNet(nn.Module):
    """Gray photo (and what the user knows of its colours) → colour at stride `output_stride`.

    forward(gray, hints, palette):
        gray     (N, 1, H, W) float, sRGB-encoded, 0…1; any H and W (padded inside to a multiple of 32)
        hints    (N, 3, H, W) float: a, b in Lab units, presence 0 or 1; None = no hints
        palette  (N, K + 1) float: square root of a reference's a/b-bin histogram, then 1; zeros or None = none
    → (N, C, ceil(H / output_stride), ceil(W / output_stride)): K logits over the a/b bins, or a and b.

    A network built with `palette_bins` None takes neither hints nor a palette (TypeError).
    """

    def __init__(
        self,
        encoders: dict[str, TimmEncoder | DetailEncoder],
        bottleneck: Sequence[str],
        skips: Sequence[Skip],
        widths: Sequence[int],
        head: type[RegressionHead] | int,
        upsampling: Upsampling,
        bottleneck_width: int | None = None,
        palette_bins: int | None = None,
    ) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict(encoders)
        self._bottleneck_names = tuple(bottleneck)
        self._skips = tuple(skips)
        self.deepest_stride = 2 * skips[0][1]
        self.output_stride = skips[-1][1]
        self.conditioned = palette_bins is not None
        hint_channels = HINT_CHANNELS if self.conditioned else 0

        inputs = sum(self._info(name).channels_at(self.deepest_stride) for name in bottleneck) + hint_channels
        width = inputs if bottleneck_width is None else bottleneck_width
        self.bottleneck = nn.Identity() if bottleneck_width is None else convolution(inputs, width, kernel=1)
        self.dropout = nn.Dropout2d(0.0)  # a training run may set its rate
        self.palette = None if palette_bins is None else nn.Linear(palette_bins + 1, width)
        if self.palette is not None:  # starts as "no influence"
            nn.init.zeros_(self.palette.weight)
            nn.init.zeros_(self.palette.bias)
        skip_channels = [sum(self._info(name).channels_at(stride) for name in names) for names, stride in skips]
        self.decoder = UNetDecoder(width, skip_channels, widths, upsampling, self.conditioned)
        self.head = (
            DistributionHead(self.decoder.channels, head) if isinstance(head, int) else head(self.decoder.channels)
        )

    def _info(self, encoder: str) -> FeatureInfo:
        return cast(FeatureInfo, self.encoders[encoder].feature_info)

    def forward(self, gray: Tensor, hints: Tensor | None = None, palette: Tensor | None = None) -> Tensor:
        if not self.conditioned and (hints is not None or palette is not None):
            raise TypeError("this network was built without hints and palette")
        height, width = gray.shape[-2:]
        gray = pad_to_stride(gray, self.deepest_stride)
        if hints is not None:
            hints = pad_to_stride(hints, self.deepest_stride)
        y = self.forward_padded(gray, hints, palette)
        stride = self.output_stride
        return y[..., : (height + stride - 1) // stride, : (width + stride - 1) // stride]

    def forward_padded(self, gray: Tensor, hints: Tensor | None = None, palette: Tensor | None = None) -> Tensor:
        """`forward` for H and W that are multiples of 32 already: what model.onnx holds."""
        maps = {name: self._maps(name, gray) for name in self.encoders}
        x = [maps[name][self.deepest_stride] for name in self._bottleneck_names]
        pooled = self._pooled_hints(gray, hints)
        if pooled is not None:
            x.append(pooled[0])
        y = self.dropout(self.bottleneck(torch.cat(x, 1)))
        if self.palette is not None:
            if palette is None:
                palette = gray.new_zeros((gray.shape[0], self.palette.in_features))
            y = y + self.palette(palette)[:, :, None, None]
        skips = [torch.cat([maps[name][stride] for name in names], 1) for names, stride in self._skips]
        y = self.decoder(y, skips, pooled[1:] if pooled is not None else [None] * len(skips))
        colour: Tensor = self.head(y)
        return colour

    def _maps(self, encoder: str, gray: Tensor) -> dict[int, Tensor]:
        return dict(zip(self._info(encoder).strides, self.encoders[encoder](gray), strict=True))

    def _pooled_hints(self, gray: Tensor, hints: Tensor | None) -> list[Tensor] | None:
        if not self.conditioned:
            return None
        if hints is None:
            hints = gray.new_zeros((gray.shape[0], HINT_CHANNELS, *gray.shape[-2:]))
        return [pool_hints(hints, stride) for stride in (self.deepest_stride, *(stride for _, stride in self._skips))]


def hybrid_lite(bins: int | None = None, encoder: str = LITE0, width: int = 288) -> HybridUNet:
    """The embedded preset: EfficientNet-Lite0 and a thin detail encoder, a distribution at stride 4. 6.1 M weights.

    Other encoders (timm's names, of strides 2 to 32, for gray in −1…1) and widths are for trying out.
    """
    bins = bins or len(gamut_bins())
    return HybridUNet(
        encoders={
            "semantic": TimmEncoder(encoder, mean=INCEPTION_MEAN, std=INCEPTION_STD),
            "detail": DetailEncoder(),
        },
        bottleneck=("semantic",),
        skips=((("semantic",), 16), (("semantic", "detail"), 8), (("semantic", "detail"), 4)),
        widths=(width, width // 2, width // 3),
        head=bins,
        upsampling="nearest",
        bottleneck_width=width,
        palette_bins=bins,
    )


def hybrid_vgg16_resnet50v2() -> HybridUNet:
    """The reference design: VGG16 and ResNet50V2, both frozen, concatenated at the bottleneck; VGG skips at five
    levels into a transposed-convolution decoder; a and b at full network resolution, −128…127.
    """
    return HybridUNet(
        encoders={
            "vgg16": TimmEncoder("vgg16.tv_in1k", mean=IMAGENET_MEAN, std=IMAGENET_STD, frozen=True),
            "resnet50v2": TimmEncoder("resnetv2_50.a1h_in1k", mean=INCEPTION_MEAN, std=INCEPTION_STD, frozen=True),
        },
        bottleneck=("vgg16", "resnet50v2"),
        skips=tuple((("vgg16",), stride) for stride in (16, 8, 4, 2, 1)),
        widths=(512, 256, 128, 64, 32),
        head=RegressionHead,
        upsampling="transposed",
    )


PRESETS: dict[str, Callable[..., HybridUNet]] = {
    "hybrid-lite": hybrid_lite,
    "hybrid-vgg16-resnet50v2": hybrid_vgg16_resnet50v2,
}


def build(preset: str) -> HybridUNet:
    """A new network, its encoders not pretrained. Raises KeyError with the presets there are."""
    if preset not in PRESETS:
        raise KeyError(f"unknown preset {preset!r}; there are {', '.join(PRESETS)}")
    return PRESETS[preset]()
