"""LPIPS, where its package and its backbone are on this machine already. Nothing is fetched.

Source: Zhang, Isola, Efros, Shechtman, Wang, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric"
(CVPR 2018); AlexNet, version 0.1, as the `lpips` package computes it.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
BACKBONE = "alexnet-owt-7be5be79.pth"  # torchvision's, in torch's own cache


def missing() -> str | None:
    """Why LPIPS cannot be computed here, in a few words; None where it can."""
    if not all(importlib.util.find_spec(name) for name in ("torch", "torchvision", "lpips")):
        return "the package is not installed: pip install 'colorizer-cli[lpips]'"
    if not _backbone().is_file():
        return f"its AlexNet is not in {_backbone().parent}"
    return None


def _backbone() -> Path:
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints" / BACKBONE


def load() -> Callable[[Image, Image], float]:
    """→ the LPIPS distance of two (H, W, 3) sRGB images 0…1: 0 for equal ones. Call only where nothing is `missing`."""
    import torch
    from lpips import LPIPS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package calls torchvision by names of old
        network = LPIPS(net="alex", verbose=False).eval()

    def distance(first: Image, second: Image) -> float:
        with torch.inference_mode():
            x, y = (torch.from_numpy(np.ascontiguousarray(np.moveaxis(i, -1, 0)))[None] for i in (first, second))
            return float(network(x, y, normalize=True))

    return distance
