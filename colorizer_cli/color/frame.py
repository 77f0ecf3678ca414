"""What surrounds a photograph in its scan: film borders, mounts, paper margins, with the captions on them.

Found on a small gray copy by three properties together: a strip along a side has one tone, it ends in a straight edge,
and other sides have such strips too. A wrong cut would leave part of a picture gray, so a strip is only believed where
it is nearly black (there is no colour to lose), or where it has straight ends on three or four sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from colorizer_cli.color.quantiles import median

Array = NDArray[np.float32]

LONG_SIDE = 400  # pixels of the copy on which frames are looked for
LAYERS = 3  # a print on a mount on a scanner's bed
DEEPEST = 0.35  # of a side
SMALLEST_PICTURE = 0.25  # of the area
SLOPES = np.linspace(-0.02, 0.02, 9)  # a good degree either way
STRAIGHT = 2.0  # pixels that an edge may leave its line
DARK, LIGHT = 0.15, 0.8  # levels of the strip, sRGB-encoded
CAPTIONED_VOTES = 0.35  # see Tone.votes
ALIKE = 0.03  # levels of sides of one border
SKIPS = (0.03, 0.06)  # of a side: glare outside a film's black border


@dataclass(frozen=True)
class Tone:
    """What a strip looks like: pixels within `spread` of `level`; `votes` of its columns must end on one line, on at
    least `sides` sides."""

    level: float
    spread: float
    votes: float
    sides: int

    def covers(self, gray: Array) -> NDArray[np.bool_]:
        return np.asarray(np.abs(gray - np.float32(self.level)) <= self.spread)


@dataclass(frozen=True)
class Frame:
    """The picture inside its borders. corners: (4, 2) float32 x, y as shares of width and height, clockwise from the
    top left."""

    corners: Array

    @property
    def box(self) -> tuple[float, float, float, float]:
        """left, top, right, bottom of the largest upright rectangle inside, as shares of width and height."""
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.corners.tolist()
        return max(x0, x3), max(y0, y1), min(x1, x2), min(y2, y3)

    def mask(self, width: int, height: int, softness: float = 1.0) -> Array:
        """(height, width) float32: 1 in the picture, 0 in the border, a soft edge `softness` pixels wide between."""
        shift = 4
        inwards = np.where(self.corners < 0.5, 0.5, -0.5)  # OpenCV fills the outline, too
        scaled = (self.corners * [width, height] - 0.5 + inwards) * 2**shift
        mask = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(mask, np.round(scaled).astype(np.int32), 255, cv2.LINE_AA, shift)
        soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), softness, borderType=cv2.BORDER_REPLICATE)
        return np.asarray(soft, np.float32)


def find_frame(gray: Array) -> Frame | None:
    """`gray` (h, w) float32 0…1, sRGB-encoded, of about LONG_SIDE pixels → the picture in it; None: no border."""
    height, width = gray.shape
    left, top, right, bottom = 0, 0, width, height
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    found = False
    for _ in range(LAYERS):
        inner = _peel(gray[top:bottom, left:right])
        if inner is None:
            break
        found = True
        corners = np.asarray(inner + np.array([left, top]), np.float32)
        frame = Frame(_shares(corners, width, height))
        x0, y0, x1, y1 = frame.box
        if (x1 - x0) * (y1 - y0) < SMALLEST_PICTURE:
            return None
        left, top, right, bottom = round(x0 * width), round(y0 * height), round(x1 * width), round(y1 * height)
    return Frame(np.clip(_shares(corners, width, height), 0, 1)) if found else None


def _shares(corners: Array, width: int, height: int) -> Array:
    return np.asarray(corners / np.array([width, height]), np.float32)


def _peel(gray: Array) -> Array | None:
    """One layer of border → (4, 2) corners of what it surrounds, in pixels; None where there is no such layer."""
    if min(gray.shape) < 64:
        return None
    sides = [gray, np.rot90(gray), np.rot90(gray, 2), np.rot90(gray, 3)]  # each turned so that its strip is on top
    for tone in _tones(sides):
        edges: list[tuple[float, float] | None] = []
        for side in sides:
            edges.append(_edge(side, tone))
            if edges.count(None) > 4 - tone.sides:
                break
        else:
            edges = _with_captions(_with_skips(edges, sides, tone), sides, tone)
            return _corners(edges, gray.shape[1], gray.shape[0])
    return None


def _with_captions(
    edges: list[tuple[float, float] | None], sides: list[Array], tone: Tone
) -> list[tuple[float, float] | None]:
    """A long caption breaks the columns that it stands in: where the other sides have paper, the rest is enough."""
    if tone.level < LIGHT:
        return edges
    captioned = replace(tone, votes=CAPTIONED_VOTES)
    return [edge or _edge(side, captioned) for edge, side in zip(edges, sides, strict=True)]


def _with_skips(
    edges: list[tuple[float, float] | None], sides: list[Array], tone: Tone
) -> list[tuple[float, float] | None]:
    """Outside a film's black border there may be glare: on a side without an edge, it is sought further inside."""
    if tone.level > DARK:
        return edges
    return [
        edge or next((found for skip in SKIPS if (found := _edge(side, tone, skip))), None)
        for side, edge in zip(sides, edges, strict=True)
    ]


def _tones(sides: list[Array]) -> list[Tone]:
    """The tones that outermost strips have, those that most sides share first."""
    levels = [float(median(side[: max(2, len(side) // 100)].ravel())) for side in sides]
    tones: list[Tone] = []
    for level in sorted(levels, key=lambda one: -sum(abs(one - other) < ALIKE for other in levels)):
        if any(abs(tone.level - level) < ALIKE for tone in tones):
            continue
        if level <= DARK:
            tones.append(Tone(level, 0.09, votes=0.3, sides=3))
        elif level >= LIGHT:
            tones.append(Tone(level, 0.08, votes=0.6, sides=3))
        else:
            tones.append(Tone(level, 0.06, votes=0.5, sides=4))
    return tones


def _edge(side: Array, tone: Tone, skip: float = 0.0) -> tuple[float, float] | None:
    """The line where the strip on top of `side` ends: (depth in the middle, slope); None: no strip, no straight end."""
    height, width = side.shape
    start, deepest = round(skip * height), round(DEEPEST * height)
    strip = tone.covers(side[start:deepest])
    # a caption or a scratch breaks a column; the strip goes on behind it
    closed = cv2.morphologyEx(strip.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((max(3, height // 100), 1), np.uint8))
    ends = np.where(closed.all(axis=0), -1, closed.argmin(axis=0)).astype(np.float32)
    columns = np.flatnonzero(ends > 0)
    if len(columns) < tone.votes * width:
        return None
    best, line = 0, (0.0, 0.0)
    middle = (width - 1) / 2
    for slope in SLOPES:
        depths = ends[columns] - slope * (columns - middle)
        depths = np.clip(depths, 0, deepest)
        counts = np.bincount(np.round(depths).astype(int), minlength=deepest + 1)
        near = np.convolve(counts, np.ones(2 * int(STRAIGHT) + 1), "same")
        if near.max() > best:
            best = int(near.max())
            within = np.abs(depths - near.argmax()) <= STRAIGHT
            line = (float(median(depths[within])) + start, float(slope))
    if best < tone.votes * width or not _is_uniform(strip, line, start, tone):
        return None
    return line


def _is_uniform(strip: NDArray[np.bool_], line: tuple[float, float], start: int, tone: Tone) -> bool:
    """Whether what lies outside the line has the tone, captions apart."""
    height, width = strip.shape
    depth = line[0] - start + line[1] * (np.arange(width) - (width - 1) / 2)
    outside = np.arange(height)[:, None] < depth - 1
    return bool(outside.sum() > 0 and strip[outside].mean() > (0.75 if tone.level <= DARK else 0.85))


def _corners(edges: list[tuple[float, float] | None], width: int, height: int) -> Array:
    """Edges of the top, right, bottom and left side, each as seen with that side turned to the top → corners."""
    lines = []
    for number, edge in enumerate(edges):
        depth, slope = edge or (0.0, 0.0)
        length = (width, height)[number % 2]
        first, last = depth - slope * length / 2, depth + slope * length / 2
        # the ends of the edge, in the turned picture, brought back
        points = [(0.0, first), (float(length), last)]
        lines.append([_turned_back(point, number, width, height) for point in points])
    return np.array([_crossing(lines[i - 1], lines[i]) for i in range(4)], np.float32)


def _turned_back(point: tuple[float, float], quarters: int, width: int, height: int) -> tuple[float, float]:
    """From coordinates after np.rot90(…, quarters) (counter-clockwise) to those before."""
    x, y = point
    if quarters == 1:
        return width - y, x
    if quarters == 2:
        return width - x, height - y
    return (y, height - x) if quarters == 3 else (x, y)


def _crossing(first: list[tuple[float, float]], second: list[tuple[float, float]]) -> tuple[float, float]:
    (x1, y1), (x2, y2) = first
    (x3, y3), (x4, y4) = second
    scale = (x1 - x2) * (y3 - y4) - (y1 - y2) * (x3 - x4)
    one, other = x1 * y2 - y1 * x2, x3 * y4 - y3 * x4
    return (one * (x3 - x4) - (x1 - x2) * other) / scale, (one * (y3 - y4) - (y1 - y2) * other) / scale
