"""Quantiles, as `np.quantile` has them, for the way of one photo: that would import numpy.ma there, which takes longer
than all that is computed with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def quantile(values: NDArray[np.floating], share: float) -> NDArray[np.floating]:
    """(N, …) → (…): the value that `share` (0…1) of the first axis' N values lie below, between two of them linearly.

    At least one value. Hyndman and Fan's seventh definition.
    """
    place = share * (len(values) - 1)
    lower = int(place)
    upper = min(lower + 1, len(values) - 1)
    parted = np.partition(values, (lower, upper), axis=0)
    low, high = parted[lower], parted[upper]
    return np.asarray(low + (high - low) * (place - lower), values.dtype)


def median(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """(N, …) → (…): the value in the middle of the first axis."""
    return quantile(values, 0.5)
