"""The figures of one coloured photo against the true one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.colourfulness import colourfulness
from colorizer_cli.color.difference import ciede2000
from colorizer_cli.color.lab import srgb_to_lab
from colorizer_cli.color.ssim import ssim

Image = NDArray[np.float32]
HIGHEST_PSNR = 60.0  # dB: equal photos have none
MEASURES = ("ab_mse", "psnr", "ssim", "ciede2000", "colourfulness", "colourfulness_error")
LPIPS = "lpips"


class Truth:
    """(H, W, 3) uint8 sRGB, and what of it every comparison needs."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.rgb = pixels.astype(np.float32) / np.float32(255)
        self.lab = srgb_to_lab(self.rgb)
        self.colourfulness = colourfulness(pixels.astype(np.float64))


def measure(truth: Truth, result: Image, lpips: Callable[[Image, Image], float] | None = None) -> list[float]:
    """(H, W, 3) sRGB 0…1 → `MEASURES`, then LPIPS if that is given.

    ab_mse               mean over pixels, a and b of the squared error, Lab units²: the reference design's L2
    psnr                 dB, over R, G and B
    ssim                 over R, G and B
    ciede2000            mean over pixels
    colourfulness        Hasler–Süsstrunk M3 of the result
    colourfulness_error  |M3 of the result − M3 of the truth|
    """
    lab = srgb_to_lab(result)
    noise = float(np.mean((result.astype(np.float64) - truth.rgb) ** 2))
    found = colourfulness(result.astype(np.float64) * 255)
    figures = [
        float(np.mean((lab[..., 1:] - truth.lab[..., 1:]).astype(np.float64) ** 2)),
        min(HIGHEST_PSNR, -10 * np.log10(noise)) if noise else HIGHEST_PSNR,
        ssim(result, truth.rgb),
        float(ciede2000(truth.lab, lab).mean()),
        found,
        abs(found - truth.colourfulness),
    ]
    return figures if lpips is None else [*figures, lpips(result, truth.rgb)]
