"""Borders around real pictures are found; pictures without any are never cut."""

import cv2
import numpy as np
import pytest
from skimage import data
from skimage.color import rgb2gray

from colorizer_cli.color.frame import Frame, find_frame

PICTURES = {
    "camera": lambda: data.camera() / 255,
    "coffee": lambda: rgb2gray(data.coffee()),
    "astronaut": lambda: rgb2gray(data.astronaut()),
    "cat": lambda: rgb2gray(data.chelsea()),
    "coins": lambda: data.coins() / 255,
    "rocket": lambda: rgb2gray(data.rocket()),
    "moon": lambda: data.moon() / 255,
    "clock": lambda: data.clock() / 255,
    "page": lambda: data.page() / 255,
    "brick": lambda: data.brick() / 255,
}


def picture(name: str, longest: int = 360) -> np.ndarray:
    gray = np.asarray(PICTURES[name](), np.float32)
    scale = longest / max(gray.shape)
    return cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def framed(gray: np.ndarray, level: float, share: float, noise: float = 0.01) -> tuple[np.ndarray, list[float]]:
    """→ the picture within a border of that share of its height, with a caption; the box that should be found."""
    depth = round(share * gray.shape[0])
    whole = cv2.copyMakeBorder(gray, depth, depth, depth, depth, cv2.BORDER_CONSTANT, value=level)
    whole = whole + np.random.default_rng(0).normal(0, noise, whole.shape).astype(np.float32)
    caption = np.zeros(whole.shape, np.uint8)
    cv2.putText(caption, "12345", (whole.shape[1] // 3, depth - 4), cv2.FONT_HERSHEY_PLAIN, 0.9, 255, 1)
    whole[caption > 127] = 1.0 if level < 0.5 else 0.0
    height, width = whole.shape
    box = [depth / width, depth / height, 1 - depth / width, 1 - depth / height]
    return np.clip(whole, 0, 1).astype(np.float32), box


@pytest.mark.parametrize("name", list(PICTURES))
def test_a_picture_without_border_is_not_cut(name: str):
    gray = picture(name)
    for turned in (gray, gray.T.copy(), 1 - gray, gray**2, gray**0.5):
        frame = find_frame(turned)
        assert frame is None or np.allclose(frame.box, [0, 0, 1, 1], atol=0.03)


# a mount of middle gray is only believed where the picture's edges differ from it
@pytest.mark.parametrize(
    ("name", "level"),
    [(name, level) for name in ("camera", "coffee", "cat") for level in (0.03, 0.95)] + [("cat", 0.55)],
)
def test_borders_are_found(name: str, level: float):
    gray, box = framed(picture(name), level, 0.09)
    frame = find_frame(gray)
    assert frame is not None
    np.testing.assert_allclose(frame.box, box, atol=0.02)


def test_a_print_on_a_mount_on_a_scanner():
    gray, _ = framed(picture("coffee"), 0.96, 0.07)
    gray, _ = framed(gray, 0.02, 0.06)
    frame = find_frame(gray)
    assert frame is not None
    assert frame.box[1] > 0.09


def test_a_border_that_lies_aslant():
    gray, _ = framed(picture("coffee"), 0.02, 0.1)
    height, width = gray.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 0.8, 1)
    frame = find_frame(cv2.warpAffine(gray, turn, (width, height), borderValue=0.02))
    assert frame is not None
    (x0, y0), (x1, y1) = (frame.corners * [width, height])[:2]
    assert np.degrees(np.arctan2(y1 - y0, x1 - x0)) == pytest.approx(-0.8, abs=0.35)


def test_the_mask_is_soft_and_where_the_picture_is():
    corners = np.array([[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]], np.float32)
    mask = Frame(corners).mask(80, 40)
    assert mask[20, 40] == pytest.approx(1)
    assert mask[2, 2] == pytest.approx(0)
    assert mask.mean() == pytest.approx(0.25, abs=0.02)
    assert 0.2 < mask[20, 20] < 0.8


def test_an_edge_whose_depths_lie_above_the_picture_for_one_slope():
    """A dark row over an eighth of the width, ragged beyond: a line through it leaves the picture on one side."""
    rng = np.random.default_rng(0)
    gray = np.full((300, 400), 0.6, np.float32)
    gray[0, :50] = 0.05
    for column in range(50, 400):
        gray[: rng.integers(12, 100), column] = 0.05
    assert find_frame(gray) is None
