"""Whether a photo is in colour: whether it has hues that lightness does not explain.

A toned photo has one colour for each lightness; that curve is measured and taken out. Two judges are asked. One looks
at what is left beside the picture itself: objects have hues, while stains and fading have no place in the picture. It
is a small network (colour.onnx, trained by `colorizer_cli.training.colour_network`). The other goes by ten numbers:
how large it is, how much of it is local or noise from one pixel to the next, how widely hues are spread
(colour_rule.json, fitted by `colorizer_cli.training.colour_rule`). The first is right more often; the second has a
veto, for tonings of a kind that neither was shown, and decides where it is sure and the first is not plainly against.

Both were shown colour photos, and photos toned, faded, stained and written on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import srgb_to_lab
from colorizer_cli.color.quantiles import median, quantile
from colorizer_cli.engine.small_networks import answer

Array = NDArray[np.float32]

LONG_SIDE = 128  # pixels of the copy that is judged: chroma noise and JPEG's blocks are averaged away
TONES = 24  # steps of L over which a toning is followed
FEWEST = 10  # pixels of a step
NEUTRAL = 4.0  # chroma below which a hue is not counted
SMALLEST = 0.05  # Lab units: less is rounding
MASK_A, MASK_B = 12.0, 35.0  # a and b of the brightest parts of a colour negative: its orange base
DIRECTIONS = np.radians(np.arange(0, 180, 30))
RULE = Path(__file__).with_name("colour_rule.json")
PLAINLY_TONED, PLAINLY_IN_COLOUR = -3.0, 2.0  # of the rule's score
AGAINST = -4.0  # of the network's
NETWORK = "colour.onnx"
SIDE = 64  # pixels of its input
MIDDLE = 50.0  # lightness that it sees as 0
SCALE = np.array([30, 15, 15, 8, 8], np.float32)[:, None, None]


@dataclass(frozen=True)
class Colours:
    """measures   (10,) see `of`
    picture    (5, 64, 64) what the network sees: L, a, b, and of a and b what lightness does not explain
    brightest  mean a and b of the lightest twentieth
    """

    measures: Array
    picture: Array
    brightest: tuple[float, float]

    @classmethod
    def of(cls, rgb: NDArray[np.uint8]) -> Colours:
        """`rgb` (h, w, 3) sRGB, a small copy. Measures, in Lab units:

        stray 50, 90    percentiles of the distance between a pixel's colour and the toning at its lightness
        local 50, 90    the same, less what a third of the picture around the pixel has on average
        chroma 50, 90   of the colours as they are
        noise 50, 90    the distance of a pixel's stray colour to that of its neighbours
        hues            0 one hue … 1 hues that cancel out, weighted by chroma (times 10)
        width           extent of the stray colours, 3rd to 97th percentile, in the direction where it is smallest
        """
        lab = np.asarray(srgb_to_lab(_small(rgb).astype(np.float32) / 255), np.float32)
        lightness, ab = lab[..., 0], np.ascontiguousarray(lab[..., 1:])
        height, width = lightness.shape
        stray = ab - _toning(lightness.ravel(), ab.reshape(-1, 2)).reshape(ab.shape)
        smooth = _blurred(stray, 3, 3)
        local = _blurred(stray - _blurred(stray, height // 3 | 1, width // 3 | 1), 3, 3)
        soft = _blurred(ab, 3, 3)
        lengths = [_length(plane).ravel() for plane in (stray, local, soft, stray - smooth)]
        measures = [
            *(quantile(length, share) for length in lengths for share in (0.5, 0.9)),
            10 * _hue_spread(soft),
            _smallest_extent(smooth),
        ]
        a, b = ab[lightness >= quantile(lightness.ravel(), 0.95)].mean(axis=0).tolist()
        planes = (lightness - MIDDLE, *np.moveaxis(ab, -1, 0), *np.moveaxis(stray, -1, 0))
        picture = np.stack([_square(plane) for plane in planes]) / SCALE
        return cls(np.array(measures, np.float32), picture, (a, b))

    @property
    def is_colour_negative(self) -> bool:
        return self.brightest[0] > MASK_A and self.brightest[1] > MASK_B

    @property
    def is_colour(self) -> bool:
        rule = _rule().score(self.measures)
        if rule <= PLAINLY_TONED:
            return False
        network = float(answer(NETWORK, {"picture": self.picture[None]})[0])
        return network > 0 or (rule > PLAINLY_IN_COLOUR and network > AGAINST)


@dataclass(frozen=True)
class ColourRule:
    """A network of one hidden layer over the logarithms of the measures. hidden (10, H), bias (H,), output (H,)."""

    hidden: Array
    bias: Array
    output: Array
    threshold: float

    def score(self, measures: Array) -> float:
        """Above 0: in colour."""
        return float((np.tanh(logarithms(measures) @ self.hidden + self.bias) * self.output).sum()) - self.threshold


def logarithms(measures: Array) -> Array:
    """(…, 10), as the rule weighs them."""
    return np.asarray(np.log(np.maximum(measures, SMALLEST)), np.float32)


@cache
def _rule() -> ColourRule:
    stored = json.loads(RULE.read_text())
    hidden, bias, output = (np.array(stored[name], np.float32) for name in ("hidden", "bias", "output"))
    return ColourRule(hidden, bias, output, stored["threshold"])


def _small(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA), np.uint8)


def _square(plane: NDArray[np.floating]) -> Array:
    return np.asarray(
        cv2.resize(np.ascontiguousarray(plane, np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32
    )


def _toning(lightness: Array, ab: Array) -> NDArray[np.float64]:
    """(N, 2) what a and b the photo has, by and large, at each pixel's lightness: a toned gray is a function of it."""
    step = np.clip((lightness * (TONES / 100)).astype(int), 0, TONES - 1)
    known = np.flatnonzero(np.bincount(step, minlength=TONES) > FEWEST)
    if not len(known):
        return np.zeros_like(ab, np.float64)
    centres = (known + 0.5) * (100 / TONES)
    medians = np.array([median(ab[step == number]) for number in known])
    return np.stack([np.interp(lightness, centres, medians[:, k]) for k in (0, 1)], axis=1)


def _blurred(ab: NDArray[np.floating], height: int, width: int) -> Array:
    return np.asarray(cv2.blur(ab, (width, height)), np.float32).reshape(ab.shape)


def _length(ab: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(np.hypot(ab[..., 0], ab[..., 1]))


def _hue_spread(ab: Array) -> float:
    chroma = _length(ab)
    share = np.maximum(chroma - NEUTRAL, 0) / np.maximum(chroma, NEUTRAL)
    resultant = np.hypot(*(ab * share[..., None]).sum((0, 1)))
    total = float((chroma * share).sum())
    return 1 - float(resultant) / total if total > 0 else 0.0


def _smallest_extent(ab: Array) -> float:
    along = ab[..., 0, None] * np.cos(DIRECTIONS) + ab[..., 1, None] * np.sin(DIRECTIONS)
    along = along.reshape(-1, len(DIRECTIONS))
    return float((quantile(along, 0.97) - quantile(along, 0.03)).min())
