"""How far lightness has moved, by scikit-image's Lab: independent of the tool's own."""

import numpy as np
from skimage.color import rgb2lab


def lightness_error(gray: np.ndarray, rgb: np.ndarray) -> float:
    """99.9th percentile of |ΔL*| between sRGB-encoded gray 0…1 and sRGB 0…1."""
    before = rgb2lab(np.dstack([gray.astype(np.float64)] * 3))[..., 0]
    return float(np.percentile(np.abs(rgb2lab(rgb)[..., 0] - before), 99.9))


def is_coloured(rgb: np.ndarray) -> bool:
    """Whether (H, W, 3) levels of 8 bits are visibly not gray."""
    return bool(np.ptp(rgb.astype(float), axis=-1).mean() > 3)
