"""From a distribution over a/b bins to one a/b: the vividness dial.

Sources: the annealed mean of Zhang, Isola, Efros (ECCV 2016), joined with a division by the prior; and a gain against
the paleness of means. The mean of many possible colours is pale, the paler the less sure the network is; sharpening the
distribution until it is as colourful as photos are means to guess more hues, a gain only to be bolder about the mean's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PRIOR_FLOOR = 1e-5  # bins that the training photos never show are not boosted without bound
COOLING, DIVISION, GAIN = 0.16, 0.2, 1.2  # of temperature, by the prior, and of chroma: at vividness 1
SURE = 0.8  # the confidence from which on chroma is left as it is; validation photos have 0.35 to 0.7, hints more


def decode(
    logits: NDArray[np.float32],
    bins: NDArray[np.float32],
    prior: NDArray[np.float32],
    vividness: float,
) -> NDArray[np.float32]:
    """(K, h, w) logits → (2, h, w) float32 a and b in Lab units.

    vividness v = 0: the expected colour (lowest squared error, muted); 1: as colourful as photos are.
    p ∝ softmax((logits − r·log prior) / T) with T = 1 − 0.16·v and r = 0.2·v; the colour is g·Σ p·bin, with
    g = 1 + 1.2·v·(1 − c / 0.8) where the confidence c is below 0.8, else 1.
    `bins` is (K, 2), `prior` (K,) frequencies that sum to 1.
    """
    temperature = 1 - COOLING * vividness
    scores: NDArray[np.floating] = logits.reshape(len(bins), -1)
    if vividness:
        scores = scores - DIVISION * vividness * np.log(np.maximum(prior, PRIOR_FLOOR))[:, None]
    scores = (scores - scores.max(axis=0)) / np.float32(temperature)
    np.exp(scores, out=scores)
    # not through BLAS, whose threads would go on spinning while the photo is decoded and rendered
    ab = (np.einsum("kc,kn->cn", bins, scores) / scores.sum(axis=0)).reshape(2, *logits.shape[1:])
    if vividness:
        ab *= 1 + GAIN * vividness * np.clip(1 - confidence(logits) / SURE, 0, 1)
    return np.asarray(ab, np.float32)


def confidence(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """(K, h, w) logits → (h, w) float32, 1 (one bin holds everything) … 0 (all bins alike): 1 − entropy / log K."""
    scores = logits - logits.max(axis=0)
    weights = np.exp(scores)
    total = weights.sum(axis=0)
    entropy = np.log(total) - (weights * scores).sum(axis=0) / total
    return np.asarray(1 - entropy / np.log(len(logits)), np.float32)
