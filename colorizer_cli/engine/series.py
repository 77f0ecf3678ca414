"""The palette that the photos of a series have in common: of near-identical frames, none is to stand out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.bins import histogram
from colorizer_cli.color.decoding import decode
from colorizer_cli.engine.colorizer import Colorizer
from colorizer_cli.engine.palette import Palette
from colorizer_cli.engine.settings import Settings
from colorizer_cli.photo.photo import Photo

# A photo's palette is counted on its colours at a quarter of the vividness, which keeps the result about as
# colourful as it would have been, and blurred, and then followed in part. The palette alone evens out frames better,
# and takes rarer colours away, or spreads the commonest over everything (a blue sky over wooden walls).
VIVIDNESS = 0.25  # of the one asked for
BLUR = 6.0  # Lab units, standard deviation
STRENGTH = 0.6


def own_palette(colorizer: Colorizer, photo: Photo, settings: Settings) -> Palette:
    """What a photo contributes to the palette of its series: the colours that it would get by itself. Runs the network
    at its own input size; the weights must give a distribution."""
    config = colorizer.weights.config
    vividness = config.vividness if settings.vividness is None else settings.vividness
    logits = colorizer.predict(colorizer.compose(photo, settings), settings)
    bins = config.bin_array()
    ab = decode(logits, bins, config.prior_array(), vividness * VIVIDNESS)
    return Palette(tuple(_blurred(histogram(ab.reshape(2, -1).T, bins), bins).tolist()))


def with_shared(settings: Settings, frequencies: tuple[float, ...]) -> Settings:
    """The settings for a photo of a series whose palettes average to `frequencies`."""
    return replace(settings, palette=Palette(frequencies), palette_strength=STRENGTH)


def _blurred(frequencies: NDArray[np.float32], bins: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each bin's share spread over its neighbours; the sum stays."""
    distance = ((bins[:, None] - bins) ** 2).sum(axis=-1)
    kernel = np.exp(-distance / (2 * BLUR**2))
    return np.asarray((kernel / kernel.sum(axis=0) * frequencies).sum(axis=1), np.float32)
