"""What is compared: weights at a vividness, coloured as `colorize` does it, and two baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.backends.predictor import Array, Predictor
from colorizer_cli.color.chroma_field import ChromaField
from colorizer_cli.engine.colorizer import Colorizer
from colorizer_cli.engine.settings import Settings
from colorizer_cli.photo.reading import read_photo

MOST = 65535  # results are compared in 16 bits, so that rounding is no error of the colours
Gray = NDArray[np.uint16]
Image = NDArray[np.float32]


class Method(Protocol):
    """Something that colours gray photos; `name` is unique within an evaluation."""

    @property
    def name(self) -> str: ...
    def paint(self, gray: Gray) -> Image:
        """(H, W) sRGB-encoded gray in 16 bits → (H, W, 3) sRGB 0…1."""
        ...


@dataclass(frozen=True)
class Uniform:
    """A baseline: the same a and b everywhere, inside the gamut. 0 and 0: the photo stays gray."""

    name: str
    a: float
    b: float

    def paint(self, gray: Gray) -> Image:
        """See `Method`."""
        height, width = gray.shape
        rgb = ChromaField.uniform(self.a, self.b).renderer(width, height, 16)(gray, 0)
        return np.asarray(rgb / np.float32(MOST), np.float32)


@dataclass(frozen=True)
class Weights:
    """The whole engine: network, decoding at `vividness`, guided upsampling, gamut. Borders are not looked for."""

    name: str
    colorizer: Colorizer
    vividness: float
    size: int | None = None

    def paint(self, gray: Gray) -> Image:
        """See `Method`."""
        png = pyvips.Image.new_from_array(gray).copy(interpretation="grey16").pngsave_buffer(compression=0, bitdepth=16)
        settings = Settings(vividness=self.vividness, size=self.size, border="colour")
        coloured = self.colorizer.colorize(read_photo(png), settings)
        return np.asarray(coloured.pixels() / np.float32(MOST), np.float32)


class Remembering:
    """A predictor that answers the same question twice in a row without running the network again: the vividnesses of
    one set of weights differ only in how the answer is decoded."""

    def __init__(self, predictor: Predictor) -> None:
        self.backend, self.device = predictor.backend, predictor.device
        self._predictor = predictor
        self._last: tuple[Array, Array] | None = None

    def predict(self, gray: Array, hints: Array | None = None, palette: Array | None = None) -> Array:
        """See `Predictor`."""
        if hints is not None or palette is not None:
            return self._predictor.predict(gray, hints, palette)
        if self._last is None or not np.array_equal(self._last[0], gray):
            self._last = (gray, self._predictor.predict(gray))
        return self._last[1]


def weights_methods(
    colorizers: Sequence[Colorizer], vividnesses: Sequence[float], size: int | None, given: Sequence[str] = ()
) -> list[Weights]:
    """Each set of weights at each vividness; at its own and at 0 where none is given.

    `given`: what the user calls them, for where their own names do not tell them apart.
    """
    methods = []
    names = [colorizer.weights.config.name for colorizer in colorizers]
    given = given or [str(colorizer.weights.path) for colorizer in colorizers]
    for colorizer, name, called in zip(colorizers, names, given, strict=True):
        config = colorizer.weights.config
        told = name if names.count(name) == 1 else called
        remembering = Colorizer.of(colorizer.weights, Remembering(colorizer.predictor))
        if config.head == "regression":  # one colour: there is nothing to decode
            methods.append(Weights(told, remembering, 0.0, size))
            continue
        for vividness in dict.fromkeys(vividnesses or (config.vividness, 0.0)):
            methods.append(Weights(f"{told}, vividness {vividness:g}", remembering, vividness, size))
    return methods


def baselines(colorizers: Sequence[Colorizer]) -> list[Uniform]:
    """Gray, and the mean colour of the photos that the first weights with a known prior were trained on."""
    found = [Uniform("gray", 0.0, 0.0)]
    for colorizer in colorizers:
        config = colorizer.weights.config
        if config.head == "distribution":
            a, b = (float(mean) for mean in config.prior_array() @ config.bin_array())
            found.append(Uniform(f"mean colour (a {a:.1f}, b {b:.1f})", a, b))
            break
    return found
