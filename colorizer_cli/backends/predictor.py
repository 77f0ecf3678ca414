"""The one call that every backend answers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Predictor(Protocol):
    """A loaded network.

    backend   "onnx" or "torch"
    device    "cpu" or "cuda:N": where it really runs
    """

    backend: str
    device: str

    def predict(self, gray: Array, hints: Array | None = None, palette: Array | None = None) -> Array:
        """gray (N, 1, H, W) float32, sRGB-encoded, 0…1, of any H and W; normalised and padded inside the network.

        hints (N, 3, H, W): a and b in Lab units, presence 0 or 1. palette (N, K + 1): square root of an a/b-bin
        histogram, then 1. None means none.
        → (N, C, ceil(H / stride), ceil(W / stride)) float32: logits over the K a/b bins, or a and b (C = 2).

        Raises BackendError where the network takes no hints or palette and one is given.
        """
        ...
