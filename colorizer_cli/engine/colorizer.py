"""Colorizer: the one way from a photo to its coloured version. The command line and scripts both call it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.backends.choice import create_predictor
from colorizer_cli.color.chroma_field import ChromaField
from colorizer_cli.color.decoding import confidence, decode
from colorizer_cli.color.lab import gray_to_lightness
from colorizer_cli.engine.settings import Settings
from colorizer_cli.errors import WeightsError
from colorizer_cli.photo.coloured import ColouredPhoto
from colorizer_cli.photo.photo import Photo
from colorizer_cli.photo.provenance import Provenance, add_provenance
from colorizer_cli.weights.registry import find_weights


class Colorizer:
    """Weights, loaded once, that colour any number of photos.

    weights   a registered name, a weights folder, or None for the embedded ones
    backend   "auto", "onnx" or "torch"; device "auto", "cpu", "cuda" or "cuda:N"
    threads   that the network runs on; None: one for each core. The colours do not depend on it

    Raises WeightsError, BackendError or UsageError.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        backend: str = "auto",
        device: str = "auto",
        threads: int | None = None,
    ) -> None:
        self.weights = find_weights(weights)
        self.predictor = create_predictor(self.weights, backend, device, threads)

    def colorize(self, photo: Photo, settings: Settings | None = None) -> ColouredPhoto:
        """Runs the network on the photo's luma now; full-resolution pixels are computed when the result is written."""
        settings = settings or Settings()
        config = self.weights.config
        vividness = config.vividness if settings.vividness is None else settings.vividness
        size = settings.size or config.input_size
        gray = photo.gray_thumbnail(*network_size(photo.width, photo.height, size))
        output = self.predictor.predict(gray[None, None])[0]
        ab, sureness = self._decode(output, vividness)
        field = ChromaField.fit(np.asarray(gray_to_lightness(gray), np.float32), ab, config.stride)
        provenance = Provenance(
            weights=config.name, weights_sha256=self.weights.sha256, options={"vividness": vividness, "size": size}
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


def network_size(width: int, height: int, size: int) -> tuple[int, int]:
    """(width, height) of the network input: the photo's proportions, an area of size², never larger than the photo."""
    aspect = width / height
    scale = min(1.0, width / (size * aspect**0.5), height / (size / aspect**0.5))
    return max(1, round(size * aspect**0.5 * scale)), max(1, round(size / aspect**0.5 * scale))
