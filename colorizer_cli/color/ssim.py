"""Structural similarity of two images.

Source: Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to Structural Similarity"
(IEEE TIP 13, 2004): Gaussian window of σ 1.5 over 11 × 11 pixels, K₁ 0.01, K₂ 0.03, population covariance.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2  # (K·range)², range 1


def ssim(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Two (H, W, 3) images, 0…1, at least 11 px high and wide → −1…1, 1 for equal ones; the mean over the channels.

    Pixels whose window reaches over the edge are left out of the mean.
    """
    x, y = first.astype(np.float64), second.astype(np.float64)

    def mean(image: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(image, (WINDOW, WINDOW), SIGMA), np.float64)

    mean_x, mean_y = mean(x), mean(y)
    variance_x, variance_y = mean(x * x) - mean_x**2, mean(y * y) - mean_y**2
    covariance = mean(x * y) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + C1) * (2 * covariance + C2)) / (
        (mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2)
    )
    edge = WINDOW // 2
    return float(similarity[edge:-edge, edge:-edge].mean())
