"""How often each a/b bin occurs in photos: the prior that vividness divides by."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.bins import histogram
from colorizer_cli.color.lab import linear_to_lab
from colorizer_cli.training.cache import Photos
from colorizer_cli.training.dataset import BYTE_TO_LINEAR

SIDE = 32  # px: the size at which the network predicts a 128-px photo


def ab_prior(photos: Photos, bins: NDArray[np.float32]) -> NDArray[np.float32]:
    """(K,) float32 frequencies of the bins over all photos, each shrunk to 32 × 32; sums to 1."""
    total = np.zeros(len(bins))
    for i in range(len(photos)):
        small = cv2.resize(np.asarray(photos[i]), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        ab = linear_to_lab(BYTE_TO_LINEAR[small])[..., 1:]
        total += histogram(ab.reshape(-1, 2), bins)
    return np.asarray(total / total.sum(), np.float32)
