"""How far apart the colours of two networks are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.backends.predictor import Predictor
from colorizer_cli.color.decoding import decode
from colorizer_cli.weights.config import WeightsConfig

VIVIDNESSES = (0.0, 1.0)  # the differences of two networks grow with it


@dataclass(frozen=True)
class Parity:
    """|Δa| and |Δb| in Lab units over all cells of `photos` photos, at vividness 0 and 1: the largest and the mean."""

    photos: int
    largest: float
    mean: float


def parity(first: Predictor, second: Predictor, config: WeightsConfig, probes: Sequence[NDArray[np.float32]]) -> Parity:
    """Runs both networks on every probe, (1, 1, H, W) gray 0…1, and decodes as the engine does."""
    bins, prior = config.bin_array(), config.prior_array()

    def colours(predictor: Predictor, gray: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        output = predictor.predict(gray)[0]
        return [output] if config.head == "regression" else [decode(output, bins, prior, v) for v in VIVIDNESSES]

    differences = [
        np.abs(one - other).ravel()
        for gray in probes
        for one, other in zip(colours(first, gray), colours(second, gray), strict=True)
    ]
    joined = np.concatenate(differences)
    return Parity(len(probes), float(joined.max()), float(joined.mean()))
