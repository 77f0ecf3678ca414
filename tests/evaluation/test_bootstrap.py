import numpy as np
import pytest

from colorizer_cli.evaluation.bootstrap import interval, resampled_means


def test_interval_has_the_width_that_theory_gives():
    figures = np.random.default_rng(1).normal(7, 3, (200, 1))
    low, high = interval(resampled_means(figures), 200)
    assert (high - low)[0] == pytest.approx(2 * 1.96 * figures.std() / 200**0.5, rel=0.1)
    assert low[0] < figures.mean() < high[0]


def test_a_95_percent_interval_holds_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(100):
        low, high = interval(resampled_means(rng.exponential(5, (150, 1))), 150)
        held += low[0] <= 5 <= high[0]
    assert 88 <= held <= 99


@pytest.mark.parametrize("count", [6, 10])
def test_of_few_photos_it_holds_the_truth_more_often_than_the_plain_one(count: int):
    rng = np.random.default_rng(5)
    means = resampled_means(rng.normal(0, 1, (count, 400)))  # 400 measures at once

    def share(low: np.ndarray, high: np.ndarray) -> float:
        return float(((low <= 0) & (high >= 0)).mean())

    plain = share(*np.quantile(means, [0.025, 0.975], axis=0))
    assert plain + 0.02 < share(*interval(means, count)) < 0.98
    assert share(*interval(means, count)) > 0.89


def test_pairs_stay_together():
    first = np.random.default_rng(3).normal(0, 100, 50)
    means = resampled_means(np.stack([first, first + 1], axis=1))
    np.testing.assert_allclose(means[:, 1] - means[:, 0], 1, atol=1e-9)


def test_the_seed_decides():
    figures = np.random.default_rng(4).normal(size=(30, 2, 3))
    assert resampled_means(figures).shape == (5000, 2, 3)
    assert np.array_equal(resampled_means(figures, 5), resampled_means(figures, 5))
    assert not np.array_equal(resampled_means(figures, 5), resampled_means(figures, 6))
