"""The network that tells negatives, and when it is asked again."""

import numpy as np
import pytest
from skimage import data
from skimage.color import rgb2gray

from colorizer_cli.engine import negative
from colorizer_cli.engine.negative import DOUBTFUL, REFUSED, negative_score


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """What the network is shown."""
    found: list[np.ndarray] = []
    judged = negative._judged

    def noting(view: np.ndarray) -> float:
        found.append(view)
        return judged(view)

    monkeypatch.setattr(negative, "_judged", noting)
    return found


def test_a_plain_photo_is_looked_at_once(views: list[np.ndarray]):
    assert negative_score(data.camera().astype(np.float32) / 255) < DOUBTFUL
    assert len(views) == 1


def test_a_negative_is_looked_at_from_all_sides_and_mirrored(views: list[np.ndarray]):
    assert negative_score(1 - data.camera().astype(np.float32) / 255) > REFUSED
    assert len({view.tobytes() for view in views}) == len(views) == 8
    for view in views:
        turned = [np.rot90(view, quarter) for quarter in range(4)]
        assert any(np.array_equal(way, views[0]) or np.array_equal(way[:, ::-1], views[0]) for way in turned)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "name", ["camera", "astronaut", "chelsea", "coffee", "rocket", "coins", "moon", "text", "page"]
)
def test_other_pictures_are_not_refused_whichever_side_is_up(name: str, quarters: int):
    gray = np.asarray(rgb2gray(picture) if (picture := getattr(data, name)()).ndim == 3 else picture / 255, np.float32)
    assert negative_score(np.rot90(gray, quarters)) < REFUSED


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_inversions_are_refused_whichever_side_is_up(quarters: int):
    for picture in (data.camera(), data.astronaut(), data.chelsea()):
        gray = rgb2gray(picture) if picture.ndim == 3 else picture / 255
        assert negative_score(np.rot90(1 - gray.astype(np.float32), quarters)) > REFUSED


def test_an_inversion_scores_the_opposite():
    gray = 0.5 + 0.3 * (data.camera().astype(np.float32) / 255 - 0.5)
    small = gray[:128, :128]
    assert negative._judged(small) == pytest.approx(-negative._judged(1 - small), abs=1e-3)
