"""Two networks tell negatives: a small one first, a large one where that is in doubt."""

import numpy as np
import pytest
from skimage import data
from skimage.color import rgb2gray

from colorizer_cli.engine import negative
from colorizer_cli.engine.negative import DOUBTFUL, QUICK, REFUSED, THOROUGH, Judge, judged, negative_score


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Judge]:
    found: list[Judge] = []

    def noting(gray: np.ndarray, judge: Judge) -> float:
        found.append(judge)
        return judged(gray, judge)

    monkeypatch.setattr(negative, "judged", noting)
    return found


def test_a_plain_photo_is_told_by_the_small_one_alone(asked: list[Judge]):
    gray = data.camera().astype(np.float32) / 255
    assert negative_score(gray) < DOUBTFUL
    assert asked == [QUICK]


def test_a_negative_is_shown_to_both(asked: list[Judge]):
    gray = 1 - data.camera().astype(np.float32) / 255
    assert negative_score(gray) > REFUSED
    assert asked == [QUICK] + 4 * [THOROUGH]
    assert negative_score(gray) == pytest.approx(np.mean([judged(np.rot90(gray, k), THOROUGH) for k in range(4)]))


def test_memory_is_spared_for_large_photos(asked: list[Judge]):
    gray = 1 - data.camera().astype(np.float32) / 255
    assert negative_score(gray, spare_memory=True) > REFUSED
    assert asked == [QUICK]


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "name", ["camera", "astronaut", "chelsea", "coffee", "rocket", "coins", "moon", "text", "page"]
)
def test_other_pictures_are_not_refused_whichever_side_is_up(name: str, quarters: int):
    gray = np.asarray(rgb2gray(picture) if (picture := getattr(data, name)()).ndim == 3 else picture / 255, np.float32)
    assert negative_score(np.rot90(gray, quarters)) < REFUSED


@pytest.mark.parametrize("judge", [QUICK, THOROUGH])
def test_the_score_of_an_inversion_is_the_opposite(judge: Judge):
    gray = data.camera().astype(np.float32) / 255
    assert judged(gray, judge) == pytest.approx(-judged(1 - gray, judge), abs=1e-3)
    assert judged(gray, judge) == pytest.approx(judged(gray[:, ::-1], judge), abs=1e-3)
