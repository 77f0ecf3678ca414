"""Gray photos as they come out of a scanner, made from photos whose colours are left away: toned, unevenly faded,
stained, written on, with colour fringes, chroma noise and JPEG.

Tones are colours in CIELAB as a function of lightness. All random numbers come from the generator that is given.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.lab import gray_to_lightness, lab_to_linear, linear_to_srgb
from colorizer_cli.training.augmentation import age, film_response
from colorizer_cli.training.dataset import BYTE_TO_LINEAR

Array = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Range = tuple[float, float]

# (share, hue in degrees and chroma of the shadows, of the middle and of the lights)
KINDS = ("colour", "damaged", "toned")  # of examples: as they are; toned and more or less spoilt; merely toned
TONES: dict[str, tuple[float, tuple[Range, Range], tuple[Range, Range], tuple[Range, Range]]] = {
    "sepia": (0.3, ((40, 75), (0, 15)), ((55, 80), (6, 32)), ((65, 95), (3, 28))),
    "cyanotype": (0.12, ((250, 285), (5, 45)), ((235, 275), (8, 45)), ((200, 260), (0, 10))),
    "selenium": (0.12, ((320, 400), (0, 14)), ((330, 420), (2, 14)), ((60, 100), (0, 10))),
    "gold": (0.08, ((230, 300), (0, 10)), ((230, 300), (2, 12)), ((60, 110), (0, 8))),
    "split": (0.12, ((0, 360), (4, 20)), ((0, 360), (0, 10)), ((0, 360), (4, 20))),
    "yellowed": (0.14, ((30, 100), (0, 8)), ((70, 95), (2, 20)), ((75, 95), (8, 35))),
    "gray": (0.12, ((0, 360), (0, 2)), ((0, 360), (0, 2)), ((0, 360), (0, 3))),
}


def toned(
    photo: Pixels, rng: np.random.Generator, damaged: bool = True, quality: int | None = None, rare: bool = False
) -> Pixels:
    """(H, W, 3) uint8 sRGB in colour → the same photo as gray or toned, (H, W, 3) uint8 sRGB.

    damaged   it may also be faded unevenly, stained, written on, or show some of its mount
    quality   of a JPEG with halved chroma; None: 30…95, or none in three of ten
    rare      also what happens to few: tonings as strong as orange, and, damaged, silver that has come to the surface,
              a coloured mount all round, seals, the cast of a scanner
    """
    gray = age(np.clip(film_response(BYTE_TO_LINEAR[photo], rng), 0, 1), rng)
    lightness = np.asarray(gray_to_lightness(gray), np.float32)
    ab = _tone(lightness, rng)
    if rare and rng.random() < 0.15:
        ab *= np.float32(rng.uniform(1, 2.5))
    if damaged and rng.random() < 0.4:
        faded = ab * np.float32(rng.uniform(0.2, 1)) + _tone(lightness, rng, "yellowed") * np.float32(rng.uniform(0, 1))
        ab += _smooth_field(lightness.shape, rng)[..., None] * (faded - ab)
    if damaged and rng.random() < 0.35:
        _stain(lightness, ab, rng)
    rgb = np.asarray(linear_to_srgb(np.clip(lab_to_linear(np.dstack([lightness, ab])), 0, 1)), np.float32)
    if damaged and rare:
        rgb = _rarely(rgb, lightness, rng)
    if damaged and rng.random() < 0.2:
        _strip(rgb, rng)
    if damaged and rng.random() < 0.25:
        _write(rgb, rng)
    rgb = _scanned(rgb, rng)
    if quality is None and rng.random() < 0.7:
        quality = int(rng.integers(30, 96))
    pixels = np.asarray(np.clip(np.round(rgb * 255), 0, 255), np.uint8)
    return pixels if quality is None else compressed(pixels, quality)


def compressed(pixels: Pixels, quality: int) -> Pixels:
    """What a JPEG with halved chroma (4:2:0) leaves of the pixels."""
    halved = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, halved]
    encoded = cv2.imencode(".jpg", pixels[..., ::-1], options)[1]
    return np.ascontiguousarray(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])


def _tone(lightness: Array, rng: np.random.Generator, name: str | None = None) -> Array:
    """(H, W, 2) a and b of the toning of that name, or of any."""
    names = list(TONES)
    name = name or names[rng.choice(len(names), p=[TONES[one][0] for one in names])]
    colours = []
    for hues, chromas in TONES[name][1:]:
        hue, chroma = np.radians(rng.uniform(*hues)), rng.uniform(*chromas)
        colours.append((chroma * np.cos(hue), chroma * np.sin(hue)))
    a, b = (np.interp(lightness, (5, 50, 95), channel) for channel in zip(*colours, strict=True))
    return np.asarray(np.dstack([a, b]), np.float32)


def _smooth_field(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """(H, W) 0…1 that changes slowly: across the picture, in large patches, or towards its edges."""
    height, width = shape
    kind = rng.integers(3)
    if kind == 0:
        turn = rng.uniform(0, 2 * np.pi)
        y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
        field = 0.5 + 0.7 * (np.cos(turn) * x + np.sin(turn) * y)
    elif kind == 1:
        cells = rng.uniform(-0.3, 1.3, tuple(rng.integers(2, 5, 2))).astype(np.float32)
        field = cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
    else:
        y, x = (np.minimum(np.arange(side), np.arange(side)[::-1]) / side for side in shape)
        field = 1 - np.minimum(y[:, None], x) / rng.uniform(0.05, 0.4)
    return np.asarray(np.clip(field, 0, 1) * rng.uniform(0.3, 1), np.float32)


def _stain(lightness: Array, ab: Array, rng: np.random.Generator) -> None:
    """Water, glue, foxing, silver: spots of brown or bluish paper, in place; a tenth of the picture at most each."""
    height, width = lightness.shape
    for _ in range(rng.integers(1, 5)):
        spot = np.zeros((height, width), np.float32)
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = tuple(int(axis) for axis in rng.uniform(0.02, 0.18, 2) * min(height, width) + 1)
        cv2.ellipse(spot, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
        spot = cv2.GaussianBlur(spot, (0, 0), rng.uniform(0.5, 6)) * np.float32(rng.uniform(0.3, 1))
        hue, chroma = (
            np.radians(rng.uniform(40, 95) if rng.random() < 0.8 else rng.uniform(220, 280)),
            rng.uniform(4, 22),
        )
        ab += spot[..., None] * (np.array([np.cos(hue), np.sin(hue)], np.float32) * np.float32(chroma))
        lightness += spot * np.float32(rng.uniform(-20, 5))
    np.clip(lightness, 0, 100, out=lightness)


def _rarely(rgb: Array, lightness: Array, rng: np.random.Generator) -> Array:
    """Each of four in one of ten."""
    height, width = lightness.shape
    if rng.random() < 0.1:  # a cast, perhaps another one on the other side
        casts = rng.uniform(0.75, 1.05, (2, 3)) if rng.random() < 0.5 else rng.uniform(0.75, 1.05, (1, 3)).repeat(2, 0)
        along = np.linspace(0, 1, width, dtype=np.float32)[:, None]
        rgb = np.clip(rgb * np.asarray(casts[0] * (1 - along) + casts[1] * along, np.float32), 0, 1)
    if rng.random() < 0.1:  # silver: bluish shadows, towards the edges
        y, x = (np.minimum(np.arange(side), np.arange(side)[::-1]) / side for side in (height, width))
        near = np.clip(1 - np.minimum(y[:, None], x) / rng.uniform(0.1, 0.35), 0, 1) * (lightness < rng.uniform(35, 65))
        sheen = np.array([0.3, 0.4, 0.55], np.float32) * np.float32(rng.uniform(0.7, 1.4))
        rgb = rgb + (near * rng.uniform(0.2, 0.7)).astype(np.float32)[..., None] * (sheen - rgb)
    if rng.random() < 0.1:  # seals and the like, of a strong colour
        for _ in range(rng.integers(1, 3)):
            centre, radius = (int(rng.integers(width)), int(rng.integers(height))), int(rng.uniform(0.02, 0.1) * height)
            colour = rng.permutation([rng.uniform(0.4, 0.8), *rng.uniform(0.05, 0.3, 2)]).tolist()
            cv2.circle(rgb, centre, radius + 1, colour, -1 if rng.random() < 0.6 else 2)
    if rng.random() < 0.1:  # a mount or an album's page, with its grain
        top, bottom, left, right = (
            int(side) for side in rng.uniform(0, 0.2, 4) * np.array([height, height, width, width])
        )
        page = np.ones((height, width), bool)
        page[top : height - bottom, left : width - right] = False
        rgb[page] = rng.uniform(0.1, 0.9) + rng.uniform(-0.1, 0.1, 3) + rng.normal(0, 0.02, (int(page.sum()), 1))
    return np.asarray(rgb, np.float32)


def _strip(rgb: Array, rng: np.random.Generator) -> None:
    """What is left of a coloured mount where its edge was not found, in place: up to 5 % of one side or two."""
    for _ in range(rng.integers(1, 3)):
        turned = np.rot90(rgb, int(rng.integers(4)))
        gray, warm = rng.uniform(0.1, 0.9), rng.uniform(-0.03, 0.12)
        turned[: max(1, round(rng.uniform(0.01, 0.05) * len(turned)))] = (gray + warm, gray, gray - warm)


def _write(rgb: Array, rng: np.random.Generator) -> None:
    """Ink of one colour, in place: lines of a hand or of a stamp, on up to about 2 % of the picture."""
    height, width = rgb.shape[:2]
    ink = np.zeros((height, width), np.uint8)
    start, size = rng.uniform([0, 0], [width, height]), rng.uniform(0.05, 0.35) * min(height, width)
    steps = rng.normal(0, size / 6, (rng.integers(5, 25), 2))
    steps[:, 0] += size / 12
    cv2.polylines(ink, [np.round(start + np.cumsum(steps, 0)).astype(np.int32)], False, 255, 1, cv2.LINE_AA)
    share = (ink / np.float32(255))[..., None] * np.float32(rng.uniform(0.4, 1))
    strong, weak = rng.uniform(0.5, 0.9), rng.uniform(0.05, 0.35)
    colour = np.full(3, weak)
    colour[rng.choice([0, 2, 2, 1])] = strong
    rgb += share * (colour.astype(np.float32) - rgb)


def _scanned(rgb: Array, rng: np.random.Generator) -> Array:
    """Colour fringes (rows or columns of red and blue beside green) and noise in the channels, fine or in blotches."""
    if rng.random() < 0.25:
        for channel in (0, 2):
            moved = np.array([[1, 0, rng.uniform(-0.7, 0.7)], [0, 1, rng.uniform(-0.7, 0.7)]], np.float32)
            rgb[..., channel] = cv2.warpAffine(
                np.ascontiguousarray(rgb[..., channel]), moved, rgb.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
            )
    if rng.random() < 0.6:
        noise = rng.normal(0, rng.uniform(0.003, 0.03), rgb.shape).astype(np.float32)
        if rng.random() < 0.3:
            width = rng.uniform(0.5, 2)
            noise = cv2.GaussianBlur(noise, (0, 0), width) * np.float32(1.5 * width)
        rgb = rgb + noise
    return np.asarray(rgb, np.float32)
