"""A picture of where the colours are sure and where they are a guess, with its scale."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

LONG_SIDE = 1024  # pixels: the network's answer holds no finer detail
SCALE_HEIGHT, MARGIN = 18, 10
TICKS = ((0.0, "0 guess"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1.0, "sure 1"))
FONT, FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.42


def confidence_map(confidence: NDArray[np.float32], width: int, height: int) -> NDArray[np.uint8]:
    """(h, w) confidence 0…1 of a width × height photo → (H, W, 3) uint8 sRGB: the map in viridis, which rises evenly in
    lightness, above a bar that shows the scale from 0 to 1."""
    scale = min(1.0, LONG_SIDE / max(width, height))
    size = (max(240, round(width * scale)), max(1, round(height * scale)))
    pixels = _viridis(cv2.resize(confidence, size, interpolation=cv2.INTER_LINEAR))
    legend = np.full((SCALE_HEIGHT + 3 * MARGIN + 12, size[0], 3), 255, np.uint8)
    bar = _viridis(np.linspace(0, 1, size[0] - 2 * MARGIN, dtype=np.float32)[None].repeat(SCALE_HEIGHT, axis=0))
    legend[MARGIN : MARGIN + SCALE_HEIGHT, MARGIN:-MARGIN] = bar
    for value, text in TICKS:
        text_width = cv2.getTextSize(text, FONT, FONT_SCALE, 1)[0][0]
        centre = MARGIN + value * (size[0] - 2 * MARGIN)
        left = round(min(max(MARGIN, centre - text_width / 2), size[0] - MARGIN - text_width))
        cv2.putText(legend, text, (left, SCALE_HEIGHT + 2 * MARGIN + 12), FONT, FONT_SCALE, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate([pixels, legend])


def _viridis(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    levels = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(np.asarray(cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS), np.uint8)[..., ::-1])
