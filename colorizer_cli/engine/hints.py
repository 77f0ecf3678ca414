"""Colours that the user knows: the hints file, and hints as a network input.

    [{"x": 1200, "y": 840, "color": "#2e6b3a", "radius": 40}, …]

x, y and radius in pixels of the upright photo at full resolution; radius may be left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.chroma_field import ChromaField
from colorizer_cli.color.lab import srgb_to_lab
from colorizer_cli.errors import UsageError

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
KEYS = {"x", "y", "color", "radius", "comment"}
DEFAULT_RADIUS = 0.01  # of the photo's long side
LARGEST_PATCH = 1 / 14  # of the network input's side: training has shown it none larger
MOST = 10_000

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Hint:
    """x, y (centre) and radius in full-resolution pixels, `color` as "#rrggbb" in sRGB; radius None: 1 % of the photo's
    long side. `comment` is for people. Raises UsageError for a colour that is written otherwise."""

    x: float
    y: float
    color: str
    radius: float | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        if not COLOUR.fullmatch(self.color):
            raise UsageError(f'hint at ({self.x:g}, {self.y:g}): color {self.color!r}, expected "#rrggbb"')

    @property
    def ab(self) -> Array:
        """(2,) a and b in Lab units."""
        rgb = np.array([int(self.color[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
        return np.asarray(srgb_to_lab(rgb)[1:], np.float32)

    def radius_in(self, width: int, height: int) -> float:
        """The radius in a photo of that size, pixels."""
        return max(0.5, self.radius if self.radius is not None else DEFAULT_RADIUS * max(width, height))


def read_hints(path: str | Path) -> tuple[Hint, ...]:
    """Raises UsageError that names the entry and what is wrong with it."""
    try:
        entries = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"--hints {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--hints {path} is not JSON: {error}") from error
    return hints_of(entries, f"--hints {path}")


def hints_of(entries: Any, origin: str) -> tuple[Hint, ...]:
    """From what JSON holds; `origin` is what messages call it. Raises UsageError that names the entry."""
    if not isinstance(entries, list) or len(entries) > MOST:
        raise UsageError(f'{origin}: expected a list of at most {MOST} hints, [{{"x": …, "y": …, "color": …}}]')
    return tuple(_hint(entry, f"{origin}, entry {i}") for i, entry in enumerate(entries, 1))


def write_hints(hints: Sequence[Hint]) -> bytes:
    """The hints file, as UTF-8 bytes."""
    entries = [{key: value for key, value in asdict(hint).items() if value is not None} for hint in hints]
    return ("[\n" + ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in entries) + "\n]\n").encode()


def check_inside(hints: Sequence[Hint], width: int, height: int) -> None:
    """Raises UsageError where a hint lies outside a photo of that size."""
    for number, hint in enumerate(hints, 1):
        if not (0 <= hint.x <= width and 0 <= hint.y <= height):
            raise UsageError(
                f"hint {number} at ({hint.x:g}, {hint.y:g}) lies outside the photo ({width} × {height} pixels); "
                "coordinates are full-resolution pixels of the upright photo"
            )


def hint_planes(hints: Sequence[Hint], box: tuple[float, float, float, float], shape: tuple[int, int]) -> Array:
    """→ (3, h, w) float32 for the network: a, b, presence.

    `box` is (left, top, right, bottom) of what the network sees, in full-resolution pixels; `shape` its (h, w). A hint
    is a disc, of at least the one pixel it falls into; where two overlap, the later one holds.
    """
    planes = np.zeros((3, *shape), np.float32)
    left, top, right, bottom = box
    scale_x, scale_y = shape[1] / (right - left), shape[0] / (bottom - top)
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    largest = max(0.5, LARGEST_PATCH * (shape[0] * shape[1]) ** 0.5 / 2)
    for hint in hints:
        x, y = (hint.x - left) * scale_x, (hint.y - top) * scale_y
        if not (0 <= x <= shape[1] and 0 <= y <= shape[0]):
            continue  # on the border around the picture, which the network does not see
        radius = min(largest, hint.radius_in(round(right - left), round(bottom - top)) * min(scale_x, scale_y))
        inside = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
        inside[min(int(y), shape[0] - 1), min(int(x), shape[1] - 1)] = True
        planes[0][inside], planes[1][inside] = hint.ab
        planes[2][inside] = 1
    return planes


def pinned(field: ChromaField, hints: Sequence[Hint], width: int, height: int) -> ChromaField:
    """`field`, of a width × height photo, with each hint's own a and b inside its radius: the network spreads a hint,
    and may mute it where it was given. Beyond the radius the hint fades out over one cell of the field."""
    rows, columns = np.mgrid[: field.coefficients.shape[1], : field.coefficients.shape[2]] + 0.5
    cell_x, cell_y = width / field.coefficients.shape[2], height / field.coefficients.shape[1]
    for hint in hints:
        distance = np.hypot((columns * cell_x - hint.x) / cell_x, (rows * cell_y - hint.y) / cell_y)
        # the field is interpolated between cells: those that reach into the radius have to hold the colour too
        radius = hint.radius_in(width, height) / min(cell_x, cell_y) + 1
        mask = np.clip(radius + 1 - distance, 0, 1).astype(np.float32)
        field = ChromaField.uniform(*hint.ab.tolist()).within(mask, field)
    return field


def _hint(entry: Any, place: str) -> Hint:
    if not isinstance(entry, dict) or not {"x", "y", "color"} <= entry.keys() <= KEYS:
        raise UsageError(f"{place}: expected an object with x, y, color and, if wanted, radius and comment")
    numbers = {key: _number(entry[key], key, place) for key in ("x", "y", "radius") if entry.get(key) is not None}
    if "x" not in numbers or "y" not in numbers:
        raise UsageError(f"{place}: x and y must be numbers")
    if numbers.get("radius", 1) <= 0:
        raise UsageError(f"{place}: radius is {entry['radius']}; expected a positive number of pixels")
    if not isinstance(entry["color"], str) or not COLOUR.fullmatch(entry["color"]):
        raise UsageError(f'{place}: color is {entry["color"]!r}; expected "#rrggbb" in hexadecimal')
    comment = entry.get("comment")
    if not (comment is None or isinstance(comment, str)):
        raise UsageError(f"{place}: comment must be text")
    return Hint(color=entry["color"].lower(), comment=comment, **numbers)


def _number(value: Any, key: str, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise UsageError(f"{place}: {key} is {value!r}; expected a number of pixels")
    return float(value)
