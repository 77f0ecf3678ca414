"""From a distribution over a/b bins to one a/b: the vividness dial.

Source: the annealed mean of Zhang, Isola, Efros (ECCV 2016), joined with a division by the prior.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PRIOR_FLOOR = 1e-5  # bins that the training photos never show are not boosted without bound


def decode(
    logits: NDArray[np.float32],
    bins: NDArray[np.float32],
    prior: NDArray[np.float32],
    vividness: float,
) -> NDArray[np.float32]:
    """(K, h, w) logits → (2, h, w) float32 a and b in Lab units.

    vividness 0: the expected colour (lowest squared error, muted); 1: as colourful as photos are.
    p ∝ softmax((logits − r·log prior) / T) with T = 1 − 0.4·v and r = 0.5·v; the colour is Σ p·bin.
    `bins` is (K, 2), `prior` (K,) frequencies that sum to 1.
    """
    temperature, exponent = 1 - 0.4 * vividness, 0.5 * vividness
    scores: NDArray[np.floating] = logits.reshape(len(bins), -1)
    if exponent:
        scores = scores - exponent * np.log(np.maximum(prior, PRIOR_FLOOR))[:, None]
    scores = (scores - scores.max(axis=0)) / np.float32(temperature)
    np.exp(scores, out=scores)
    # not through BLAS, whose threads would go on spinning while the photo is decoded and rendered
    ab = np.einsum("kc,kn->cn", bins, scores) / scores.sum(axis=0)
    return np.asarray(ab.reshape(2, *logits.shape[1:]), np.float32)


def confidence(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """(K, h, w) logits → (h, w) float32, 1 (one bin holds everything) … 0 (all bins alike): 1 − entropy / log K."""
    scores = logits - logits.max(axis=0)
    weights = np.exp(scores)
    total = weights.sum(axis=0)
    entropy = np.log(total) - (weights * scores).sum(axis=0) / total
    return np.asarray(1 - entropy / np.log(len(logits)), np.float32)
