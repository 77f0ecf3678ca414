"""Whether a gray photo is a negative, by a small network that was trained to tell photos from their inversions.

Trained by `colorizer_cli.training.negatives`. On 934 photos that it was not trained on, 900 scenes and 34 scans of the
1930s and 40s, one photo (clouds) reaches REFUSED, and 61 in 100 of their inversions do; SUSPECTED: 7 and 81 in 100.
The thresholds were chosen on the same photos: up to 6 in 1,000 may be refused elsewhere (95 % bound).
A false refusal costs more than a negative that is coloured.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 96  # pixels of the network's input
REFUSED, SUSPECTED = 4.5, 2.4
FLATTEST = 1e-2
NETWORK = Path(__file__).with_name("negative.onnx")


def negative_score(gray: NDArray[np.float32]) -> float:
    """`gray` (h, w) sRGB-encoded 0…1, the picture without its borders → logit of the photo as it is less that of its
    inversion, averaged with the mirrored picture's: above 0 where the inversion looks more like a photo."""
    small = np.asarray(cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
    pair = np.stack([standardise(small), standardise(1 - small)])[:, None]
    scores = [_session().run(None, {"gray": view})[0] for view in (pair, np.ascontiguousarray(pair[..., ::-1]))]
    return float(np.mean([as_is - inverted for as_is, inverted in scores]))


def standardise(gray: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean 0, deviation 1: contrast and exposure do not matter."""
    return np.asarray((gray - gray.mean()) / (gray.std(ddof=1) + FLATTEST), np.float32)


@cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(NETWORK.read_bytes(), options, providers=["CPUExecutionProvider"])
