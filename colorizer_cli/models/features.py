"""What an encoder publishes about itself, so that a decoder knows numbers and never an encoder's name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FeatureInfo:
    """Channels and strides of the feature maps that an encoder returns, shallowest first."""

    channels: tuple[int, ...]
    strides: tuple[int, ...]

    def channels_at(self, stride: int) -> int:
        """Channels of the map at `stride`. Raises KeyError where the encoder has none."""
        if stride not in self.strides:
            raise KeyError(f"no feature map at stride {stride}; this encoder has {self.strides}")
        return self.channels[self.strides.index(stride)]
