"""Colorizer: the one way from a photo to its coloured version. The command line and scripts both call it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.backends.choice import create_predictor
from colorizer_cli.backends.predictor import Predictor
from colorizer_cli.color.decoding import confidence, decode
from colorizer_cli.engine.candidates import candidate
from colorizer_cli.engine.composition import Composition
from colorizer_cli.engine.hints import Hint, check_inside, hint_planes, pinned
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
        self.predictor: Predictor = create_predictor(self.weights, backend, device, threads)

    @classmethod
    def of(cls, weights: WeightsFolder, predictor: Predictor) -> Colorizer:
        """From what has been loaded already: `predictor` runs the network of `weights`."""
        colorizer = cls.__new__(cls)
        colorizer.weights, colorizer.predictor = weights, predictor
        return colorizer

    def colorize(self, photo: Photo, settings: Settings | None = None) -> ColouredPhoto:
        """Runs the network on the photo's luma now; full-resolution pixels are computed when the result is written."""
        settings = settings or Settings()
        check_inside(settings.hints, photo.width, photo.height)
        composition = self.compose(photo, settings)
        return self.coloured(composition, settings, self.predict(composition, settings))

    def compose(self, photo: Photo, settings: Settings) -> Composition:
        """What the network gets to see of the photo; depends on the settings' size, border and tone alone."""
        return Composition.of(photo, settings, settings.size or self.weights.config.input_size)

    def coloured(self, composition: Composition, settings: Settings, output: NDArray[np.float32]) -> ColouredPhoto:
        """The photo with the colours of `output`, the network's answer to `predict` for the same settings."""
        config = self.weights.config
        vividness = config.vividness if settings.vividness is None else settings.vividness
        size = settings.size or config.input_size
        ab, sureness = self._decode(output, vividness)
        field = composition.field(ab, config.stride)
        photo = composition.photo
        provenance = Provenance(
            weights=config.name,
            weights_sha256=self.weights.sha256,
            options={"vividness": vividness, "size": size} | composition.options | _knowledge(settings),
        )
        return ColouredPhoto(
            original=photo,
            metadata=add_provenance(photo.metadata, provenance),
            renderer=pinned(field, settings.hints, photo.width, photo.height).renderer,
            confidence=None if sureness is None else float(sureness.mean()),
            confidence_map=None if sureness is None else composition.whole(sureness, 1),
        )

    def predict(self, composition: Composition, settings: Settings) -> NDArray[np.float32]:
        """The network's answer for a picture, with what the user knows: (K, h, w) logits, or (2, h, w) a and b."""
        gray = composition.picture[None, None]
        palette = None if settings.palette is None else settings.palette.array()

        def run(guesses: Sequence[Hint]) -> NDArray[np.float32]:
            hints = (*guesses, *settings.hints)
            planes = hint_planes(hints, composition.box, gray.shape[2:])[None] if hints else None
            answer: NDArray[np.float32] = self.predictor.predict(gray, planes, palette)[0]
            if palette is None or settings.palette_strength == 1:
                return answer
            free: NDArray[np.float32] = self.predictor.predict(gray, planes)[0]
            return np.asarray(free + np.float32(settings.palette_strength) * (answer - free), np.float32)

        logits = run(())
        if settings.candidate == 1:
            return logits
        if self.weights.config.head == "regression":
            raise WeightsError(f"{self.weights.path} gives one colour, not a distribution: there are no candidates")
        bins = self.weights.config.bin_array()
        return candidate(logits, composition.lightness, composition.box, bins, settings.candidate, run)

    def _decode(
        self, output: NDArray[np.float32], vividness: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        config = self.weights.config
        expected = 2 if config.head == "regression" else len(config.bins)
        if len(output) != expected:
            raise WeightsError(
                f"{self.weights.path}: the network gives {len(output)} channels, config.json says {expected}"
            )
        if not np.isfinite(output).all():
            raise WeightsError(f"{self.weights.path}: the network gives values that are no numbers; try weights verify")
        if config.head == "regression":
            return output, None
        ab = decode(output, config.bin_array(), config.prior_array(), vividness)
        return ab, confidence(output)


def _knowledge(settings: Settings) -> dict[str, Any]:
    """What provenance says of hints, palette and candidate, where there are any."""
    said: dict[str, Any] = {}
    if settings.hints:
        said["hints"] = len(settings.hints)
    if settings.palette is not None and not settings.palette.names:
        said["consistent"] = True
    elif settings.palette is not None:
        said["like"] = list(settings.palette.names)
    if settings.candidate != 1:
        said["candidate"] = settings.candidate
    return said
