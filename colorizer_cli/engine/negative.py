"""Whether a gray photo is a negative, by a network trained (`colorizer_cli.training.negatives`) to tell photos from
their inversions.

It sees the picture as it lies. Where it does not plainly say "photo", it sees it mirrored and turned all ways as well:
light from below, as in a scan that lies upside down, is a mark of negatives, too.

On 934 photos that it was not trained on, 900 scenes and 34 scans of the 1930s and 40s, none reaches REFUSED, whichever
side is up, and 87 in 100 of their inversions do; SUSPECTED: 7 photos, and 97 in 100. An eighth are looked at again. The
thresholds were chosen on the same photos: up to 4 in 1,000 may be refused elsewhere (95 % bound). A false refusal costs
more than a negative that is coloured.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.engine.small_networks import answer

REFUSED, SUSPECTED = 3.5, 1.0
DOUBTFUL = -3.0  # of the first look: what lies below is a photo
SIDE = 128  # pixels of the network's input
FLATTEST = 1e-2


def negative_score(gray: NDArray[np.float32]) -> float:
    """`gray` (h, w) sRGB-encoded 0…1, the picture without its borders → logit of the photo as it is less that of its
    inversion: above 0 where the inversion looks more like a photo."""
    small = np.asarray(cv2.resize(np.ascontiguousarray(gray), (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
    first = _judged(small)
    if first < DOUBTFUL:
        return first
    turned = [np.rot90(small, quarter) for quarter in range(4)]
    views = [view for picture in turned for view in (picture, picture[:, ::-1])]
    return float(np.mean([first, *(_judged(view) for view in views[1:])]))


def _judged(view: NDArray[np.float32]) -> float:
    pair = np.stack([standardise(view), standardise(1 - view)])[:, None]
    (as_is,), (inverted,) = answer("negative.onnx", {"gray": pair})
    return float(as_is - inverted)


def standardise(gray: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean 0, deviation 1: contrast and exposure do not matter."""
    return np.asarray((gray - gray.mean()) / (gray.std(ddof=1) + FLATTEST), np.float32)
