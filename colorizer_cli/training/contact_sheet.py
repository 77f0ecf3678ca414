"""A contact sheet of held-back photos: gray, before, after, truth."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pyvips
from numpy.typing import NDArray

from colorizer_cli.photo.provenance import Provenance, xmp_packet
from colorizer_cli.training.cache import Photos
from colorizer_cli.training.rendering import Painter, gray_of

ROWS, CELL, GAP, HEADER = 12, 240, 8, 28
TITLES = ("gray", "before", "after", "truth")


def contact_sheet(photos: Photos, before: Painter, after: Painter, rows: int = ROWS) -> NDArray[np.uint8]:
    """(H, W, 3) uint8: a row for each of at most `rows` photos, evenly chosen; columns as in `TITLES`."""
    chosen = np.unique(np.linspace(0, len(photos) - 1, min(rows, len(photos))).round().astype(int))
    width = 4 * CELL + 5 * GAP
    parts = [_titles(width)]
    for i in chosen:
        truth = np.asarray(photos[int(i)])
        gray = np.repeat(np.round(gray_of(truth) * 255).astype(np.uint8)[..., None], 3, axis=2)
        cells = [_fitted(image) for image in (gray, before.paint(truth)[1], after.paint(truth)[1], truth)]
        row = np.full((cells[0].shape[0] + GAP, width, 3), 255, np.uint8)
        for column, cell in enumerate(cells):
            left = GAP + column * (CELL + GAP) + (CELL - cell.shape[1]) // 2
            row[: cell.shape[0], left : left + cell.shape[1]] = cell
        parts.append(row)
    return np.concatenate(parts)


def write_sheet(sheet: NDArray[np.uint8], file: Path, provenance: Provenance) -> None:
    """As JPEG that says whose its colours are."""
    image = pyvips.Image.new_from_array(sheet).copy(interpretation="srgb")
    image.set_type(pyvips.GValue.blob_type, "xmp-data", xmp_packet(None, provenance))
    file.write_bytes(image.jpegsave_buffer(Q=90))


def _fitted(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Into a square cell, proportions kept."""
    height, width = image.shape[:2]
    scale = CELL / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


def _titles(width: int) -> NDArray[np.uint8]:
    line = np.full((HEADER, width, 3), 255, np.uint8)
    for column, title in enumerate(TITLES):
        at = (GAP + column * (CELL + GAP), HEADER - 9)
        cv2.putText(line, title, at, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (0, 0, 0), 1, cv2.LINE_AA)
    return line
