import numpy as np
import pytest

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.contact_sheet import contact_sheet
from colorizer_cli.training.rendering import Painter
from colorizer_cli.training.verdict import judge, measure

NOTHING = np.empty(0, np.float32)


def figures(errors: np.ndarray) -> np.ndarray:
    return np.stack([errors, errors, errors, errors], axis=1)


@pytest.mark.parametrize(("shift", "outcome"), [(-5.0, "better"), (5.0, "worse"), (0.0, "no different")])
def test_outcome(shift: float, outcome: str, cache: PhotoCache):
    rng = np.random.default_rng(0)
    before = rng.uniform(50, 250, len(cache))
    verdict = judge(figures(before), figures(before + shift + rng.normal(0, 2, len(cache))), cache)
    assert verdict.outcome == outcome
    error = verdict.changes[0]
    assert error.low < error.after - error.before < error.high


def test_gray_scores_what_gray_scores(cache: PhotoCache):
    gray = Painter(None, gamut_bins(), NOTHING, 96, 0.0)
    found = measure(gray, cache)
    assert (found[:, 3] < 1).all()  # colourfulness
    assert (found[:, 0] > 10).all()
    assert (found[:, 2] > 3).all()


def test_the_truth_is_perfect(cache: PhotoCache):
    class Truth:
        def paint(self, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return truth, truth

    found = measure(Truth(), cache)
    assert found[:, 0].max() == found[:, 2].max() == 0
    assert found[:, 1].min() == 60


def test_contact_sheet_has_a_row_for_each_photo(cache: PhotoCache):
    gray = Painter(None, gamut_bins(), NOTHING, 96, 0.0)
    few, many = contact_sheet(cache, gray, gray, rows=2), contact_sheet(cache, gray, gray, rows=5)
    assert few.shape[1] == many.shape[1]
    assert many.shape[0] > 2 * few.shape[0] - 40
