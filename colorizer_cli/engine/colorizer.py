"""Colorizer: the one way from a photo to its coloured version. The command line and scripts both call it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.backends.choice import create_predictor
from colorizer_cli.backends.predictor import Predictor
from colorizer_cli.color.decoding import confidence, decode
from colorizer_cli.engine.composition import Composition
from colorizer_cli.engine.settings import Settings
from colorizer_cli.errors import WeightsError
from colorizer_cli.photo.coloured import ColouredPhoto
from colorizer_cli.photo.photo import Photo
from colorizer_cli.photo.provenance import Provenance, add_provenance
from colorizer_cli.weights.folder import WeightsFolder
from colorizer_cli.weights.registry import find_weights


class Colorizer:
    """Weights, loaded once, that colour any number of photos.

    weights   a registered name, a weights folder, or None for the embedded ones
    backend   "auto", "onnx" or "torch"; device "auto", "cpu", "cuda" or "cuda:N"

    Raises WeightsError, BackendError or UsageError.
    """

    def __init__(self, weights: str | Path | None = None, backend: str = "auto", device: str = "auto") -> None:
        self.weights = find_weights(weights)
        self.predictor: Predictor = create_predictor(self.weights, backend, device)

    @classmethod
    def of(cls, weights: WeightsFolder, predictor: Predictor) -> Colorizer:
        """From what has been loaded already: `predictor` runs the network of `weights`."""
        colorizer = cls.__new__(cls)
        colorizer.weights, colorizer.predictor = weights, predictor
        return colorizer

    def colorize(self, photo: Photo, settings: Settings | None = None) -> ColouredPhoto:
        """Runs the network on the photo's luma now; full-resolution pixels are computed when the result is written."""
        settings = settings or Settings()
        config = self.weights.config
        vividness = config.vividness if settings.vividness is None else settings.vividness
        size = settings.size or config.input_size
        composition = Composition.of(photo, settings, size)
        photo = composition.photo
        output = self.predictor.predict(composition.picture[None, None])[0]
        ab, sureness = self._decode(output, vividness)
        field = composition.field(ab, config.stride)
        provenance = Provenance(
            weights=config.name,
            weights_sha256=self.weights.sha256,
            options={"vividness": vividness, "size": size} | composition.options,
        )
        return ColouredPhoto(
            original=photo,
            metadata=add_provenance(photo.metadata, provenance),
            renderer=field.renderer,
            confidence=sureness,
        )

    def _decode(self, output: NDArray[np.float32], vividness: float) -> tuple[NDArray[np.float32], float | None]:
        config = self.weights.config
        expected = 2 if config.head == "regression" else len(config.bins)
        if len(output) != expected:
            raise WeightsError(
                f"{self.weights.path}: the network gives {len(output)} channels, config.json says {expected}"
            )
        if config.head == "regression":
            return output, None
        ab = decode(output, config.bin_array(), config.prior_array(), vividness)
        return ab, float(confidence(output).mean())
