"""Photos and weights that tests share: free ones from scikit-image, generated ones, and a tiny random network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image
from skimage import data
from skimage.color import rgb2gray

from colorizer_cli import Colorizer


@pytest.fixture(scope="session")
def gray_pixels() -> np.ndarray:
    """(400, 600) uint8: scikit-image's coffee, as a black-and-white photo."""
    return np.round(rgb2gray(data.coffee()) * 255).astype(np.uint8)


@pytest.fixture
def gray_jpeg(tmp_path: Path, gray_pixels: np.ndarray) -> Path:
    path = tmp_path / "old.jpg"
    pyvips.Image.new_from_array(gray_pixels).copy(interpretation="b-w").jpegsave(str(path), Q=95)
    return path


@pytest.fixture(scope="session")
def colorizer() -> Colorizer:
    return Colorizer(backend="onnx")


@pytest.fixture
def open_image() -> Iterator[Callable[[Path], Image.Image]]:
    """Pillow's open; the files are closed after the test."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(Image.open(path))
