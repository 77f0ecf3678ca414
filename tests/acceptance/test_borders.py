"""An album page through the command: its margin and the caption on it stay neutral, the picture gets colour."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import color, data

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
DEPTH = 60
PAPER = {"white paper": 0.93, "black film": 0.04}
SEPIA = np.array([1.0, 0.9, 0.74])


@pytest.fixture(params=list(PAPER))
def page(request: pytest.FixtureRequest) -> np.ndarray:
    """(520, 720) float 0…1: a photo of 400 × 600 in a margin, with a caption below."""
    photo = color.rgb2gray(data.coffee()).astype(np.float32)
    whole = cv2.copyMakeBorder(photo, *(DEPTH,) * 4, cv2.BORDER_CONSTANT, value=PAPER[request.param])
    whole += np.random.default_rng(0).normal(0, 0.006, whole.shape).astype(np.float32)
    caption = np.zeros(whole.shape, np.uint8)
    cv2.putText(caption, "Summer 1938", (200, 500), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 2)
    whole[caption > 127] = 0 if PAPER[request.param] > 0.5 else 1
    return np.clip(whole, 0, 1)


def chroma(path: Path) -> np.ndarray:
    lab = color.rgb2lab(np.asarray(Image.open(path).convert("RGB")))
    return np.hypot(lab[..., 1], lab[..., 2])


def in_margin(plane: np.ndarray) -> np.ndarray:
    """Its pixels, but for those beside the picture, where the edge is soft."""
    outside = np.ones(plane.shape, bool)
    outside[DEPTH - 12 : -DEPTH + 12, DEPTH - 12 : -DEPTH + 12] = False
    return plane[outside]


def in_picture(plane: np.ndarray) -> np.ndarray:
    return plane[DEPTH + 12 : -DEPTH - 12, DEPTH + 12 : -DEPTH - 12]


def test_a_gray_page(page: np.ndarray, colorize: Run, tmp_path: Path):
    Image.fromarray(np.round(page * 255).astype(np.uint8)).save(tmp_path / "page.png")
    for arguments in ([], ["--border", "auto"], ["--border", "keep"], ["--border", "colour"]):
        done = colorize("page.png", "-o", "out.png", "--overwrite", *arguments)
        assert done.returncode == 0, done.stderr
        found = chroma(tmp_path / "out.png")
        assert np.median(in_picture(found)) > 5
        if arguments[-1:] == ["colour"]:
            assert in_margin(found).max() > 3, "nothing there to be kept neutral"
        else:
            assert in_margin(found).max() < 0.5  # the caption, too
        assert colorize("verify", "page.png", "out.png").returncode == 0


def test_a_page_that_has_turned_brown(page: np.ndarray, colorize: Run, tmp_path: Path):
    """A tint is the paper's: `keep` leaves it where it is, `auto` makes the margin gray."""
    Image.fromarray(np.round(page[..., None] * SEPIA * 255).astype(np.uint8)).save(tmp_path / "page.png")
    before = in_margin(chroma(tmp_path / "page.png"))
    found = {}
    for border in ("auto", "keep"):
        assert colorize("page.png", "-o", f"{border}.png", "--border", border).returncode == 0
        found[border] = chroma(tmp_path / f"{border}.png")
        assert np.median(in_picture(found[border])) > 5
    assert in_margin(found["auto"]).max() < 0.5
    np.testing.assert_allclose(in_margin(found["keep"]), before, atol=1.5)


def test_an_unknown_treatment(page: np.ndarray, colorize: Run, tmp_path: Path):
    Image.fromarray(np.round(page * 255).astype(np.uint8)).save(tmp_path / "page.png")
    done = colorize("page.png", "-o", "out.png", "--border", "none")
    assert done.returncode == 2
    assert b"--border none: expected one of auto, keep, colour" in done.stderr
    assert not (tmp_path / "out.png").exists()
