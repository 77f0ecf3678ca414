import numpy as np

from colorizer_cli.color.bins import gamut_bins, histogram, nearest_bin


def test_there_are_259_bins_on_a_grid_of_ten():
    bins = gamut_bins()
    assert bins.shape == (259, 2)
    assert not (bins % 10).any()
    assert len(np.unique(bins, axis=0)) == 259


def test_nearest_bin_is_the_nearest():
    bins = gamut_bins()
    ab = np.random.default_rng(0).uniform(-90, 90, (500, 2)).astype(np.float32)
    distance = np.linalg.norm(ab[:, None] - bins, axis=-1)
    np.testing.assert_allclose(distance[np.arange(500), nearest_bin(ab, bins)], distance.min(axis=1), atol=1e-3)


def test_histogram_sums_to_one_and_counts():
    bins = gamut_bins()
    frequencies = histogram(np.array([[0, 0], [1, 2], [40, 40], [41, 38]], np.float32), bins)
    assert frequencies.sum() == 1
    assert frequencies[nearest_bin(np.zeros(2, np.float32), bins)] == 0.5
