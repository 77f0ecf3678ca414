"""Whether a gray photo is a negative, by two networks that were trained to tell photos from their inversions.

A small one is asked first. Where it does not say "photo" (4 photos in 100, 20 of those that lie on their side or head),
one with the whole encoder decides, shown the picture turned all ways. Trained by `colorizer_cli.training.negatives`.

On 934 photos that they were not trained on, 900 scenes and 34 scans of the 1930s and 40s, one photo (clouds) reaches
REFUSED, whichever side is up, and 62 in 100 of their inversions do, 57 where these lie on their side or head;
SUSPECTED: 7 to 9, and 80 and 70 in 100. The thresholds were chosen on the same photos: up to 6 in 1,000 may be refused
elsewhere (95 % bound). A false refusal costs more than a negative that is coloured.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

REFUSED, SUSPECTED = 2.8, 1.5
ALONE = 1.7  # what the small network's word counts less where it is the only one
DOUBTFUL = 0.0  # of the small network: what lies below is a photo
FLATTEST = 1e-2


@dataclass(frozen=True)
class Judge:
    """A network's file, beside this one, and the pixels of its input's sides."""

    file: str
    side: int


QUICK, THOROUGH = Judge("negative.onnx", 96), Judge("negative_thorough.onnx", 128)


def negative_score(gray: NDArray[np.float32], spare_memory: bool = False) -> float:
    """`gray` (h, w) sRGB-encoded 0…1, the picture without its borders → logit of the photo as it is less that of its
    inversion: above 0 where the inversion looks more like a photo. `spare_memory`: by the small network alone."""
    score = judged(gray, QUICK)
    if score < DOUBTFUL:
        return score
    if spare_memory:
        return score - ALONE
    # turned all ways: light from below, as in a scan that lies upside down, is a mark of negatives, too
    return float(np.mean([judged(np.rot90(gray, quarter), THOROUGH) for quarter in range(4)]))


def judged(gray: NDArray[np.float32], judge: Judge) -> float:
    """`negative_score` by one network, averaged with the mirrored picture's."""
    small = np.asarray(
        cv2.resize(np.ascontiguousarray(gray), (judge.side, judge.side), interpolation=cv2.INTER_AREA), np.float32
    )
    pair = np.stack([standardise(small), standardise(1 - small)])[:, None]
    session = _session(judge.file)
    scores = [session.run(None, {"gray": view})[0] for view in (pair, np.ascontiguousarray(pair[..., ::-1]))]
    return float(np.mean([as_is - inverted for as_is, inverted in scores]))


def standardise(gray: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean 0, deviation 1: contrast and exposure do not matter."""
    return np.asarray((gray - gray.mean()) / (gray.std(ddof=1) + FLATTEST), np.float32)


@cache
def _session(file: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    network = Path(__file__).with_name(file).read_bytes()
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
