"""--ask: the places where knowing the colour would settle most of the rest, as a numbered picture and a hints file."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.engine.candidates import at_grid, distinct_colours, hint_at
from colorizer_cli.engine.colorizer import Colorizer
from colorizer_cli.engine.composition import Composition
from colorizer_cli.engine.hints import Hint
from colorizer_cli.engine.questions import places
from colorizer_cli.engine.settings import Settings
from colorizer_cli.errors import WeightsError
from colorizer_cli.photo.coloured import ColouredPhoto
from colorizer_cli.photo.photo import Photo
from colorizer_cli.photo.sheet import numbered

PREVIEW = 1200  # pixels of the long side


def questions(colorizer: Colorizer, photo: Photo, settings: Settings, count: int) -> list[Hint]:
    """Up to `count` hints with the network's best guess at each place, the most telling first; the comment names the
    other colours that it thinks plausible. Raises WeightsError where the weights give no distribution."""
    if colorizer.weights.config.head == "regression":
        raise WeightsError(f"{colorizer.weights.path} gives one colour, not a distribution: it cannot say what to ask")
    composition = colorizer.compose(photo, settings)
    return guesses(composition, colorizer.predict(composition, settings), colorizer.weights.config.bin_array(), count)


def guesses(composition: Composition, logits: NDArray[np.float32], bins: NDArray[np.float32], count: int) -> list[Hint]:
    """`questions` about a picture whose (K, h, w) `logits` are known; `bins` (K, 2)."""
    lightness = at_grid(composition.lightness, logits.shape[1:])
    found = []
    for x, y in places(logits, lightness, count):
        row, column = int(y * logits.shape[1]), int(x * logits.shape[2])
        colours, _ = distinct_colours(logits[:, row, column], bins)
        guess, *others = (hint_at(x, y, composition.box, float(lightness[row, column]), ab) for ab in colours)
        comment = "a guess" + (f"; or {', '.join(hint.color for hint in others)}" if others else "")
        found.append(Hint(guess.x, guess.y, guess.color, guess.radius, comment))
    return found


def preview(coloured: ColouredPhoto, hints: list[Hint]) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 sRGB: the photo as it would be coloured now, with a numbered ring at each place."""
    scale = min(1.0, PREVIEW / max(coloured.width, coloured.height))
    size = max(1, round(coloured.width * scale)), max(1, round(coloured.height * scale))
    pixels = np.ascontiguousarray(coloured.thumbnail(*size), np.uint8)
    for number, hint in enumerate(hints, 1):
        centre = round(hint.x * scale), round(hint.y * scale)
        radius = max(4, round(hint.radius_in(coloured.width, coloured.height) * scale))
        for colour, thickness in ((0, 3), (255, 1)):
            cv2.circle(pixels, centre, radius, (colour,) * 3, thickness, cv2.LINE_AA)
        pixels = numbered(pixels, number, (centre[0] + radius, centre[1] - radius))
    return pixels


def hints_name(source: str, output: str) -> Path:
    """`<photo>.hints.json` in the output's folder: batch finds it by that name beside the photo."""
    return Path(output).with_name(f"{Path(source).name}.hints.json")
