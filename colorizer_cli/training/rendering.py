"""Validation photos, coloured as the engine does it: network at its input size, guided upsampling, 8 bits."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from colorizer_cli.color.chroma_field import ChromaField
from colorizer_cli.color.decoding import decode
from colorizer_cli.color.lab import LUMINANCE, gray_to_lightness, linear_to_srgb
from colorizer_cli.engine.composition import network_size
from colorizer_cli.models.hybrid import HybridUNet
from colorizer_cli.training.dataset import BYTE_TO_LINEAR

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Painter:
    """A network and how its answer becomes colour. Without a network, photos stay gray.

    `bins` (K, 2) and `prior` (K,) are those of a distribution; empty for a network that gives a/b itself.
    """

    network: HybridUNet | None
    bins: NDArray[np.float32]
    prior: NDArray[np.float32]
    input_size: int
    vividness: float

    def paint(self, truth: Pixels) -> tuple[Pixels, Pixels]:
        """(H, W, 3) uint8 colour photo → its gray version coloured: at vividness 0, at the painter's own vividness."""
        height, width = truth.shape[:2]
        gray = gray_of(truth)
        if self.network is None:
            plain = np.repeat(np.round(gray * 255).astype(np.uint8)[..., None], 3, axis=2)
            return plain, plain
        small = cv2.resize(gray, network_size(width, height, self.input_size), interpolation=cv2.INTER_AREA)
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            output = self.network(torch.from_numpy(small)[None, None].to(device))[0].float().cpu().numpy()
        levels = np.round(gray * 65535).astype(np.uint16)
        lightness = np.asarray(gray_to_lightness(small), np.float32)

        def at(vividness: float) -> Pixels:
            ab = decode(output, self.bins, self.prior, vividness) if len(self.bins) else output
            field = ChromaField.fit(lightness, ab, self.network.output_stride)  # type: ignore[union-attr]
            return np.asarray(field.renderer(width, height, 8)(levels, 0), np.uint8)

        expected = at(0.0)
        return expected, expected if not len(self.bins) or not self.vividness else at(self.vividness)


def gray_of(truth: Pixels) -> NDArray[np.float32]:
    """(H, W, 3) uint8 sRGB → (H, W) float32 luminance, sRGB-encoded, 0…1."""
    return np.asarray(linear_to_srgb(BYTE_TO_LINEAR[truth] @ LUMINANCE.astype(np.float32)), np.float32)
