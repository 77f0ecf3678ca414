"""SSIM against scikit-image's."""

import numpy as np
import pytest
from skimage import data, filters
from skimage.metrics import structural_similarity

from colorizer_cli.color.ssim import ssim


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_as_scikit_image(name: str):
    truth = getattr(data, name)()[:200, :251].astype(np.float64) / 255
    rng = np.random.default_rng(0)
    for other in (
        np.clip(truth + rng.normal(0, 0.1, truth.shape), 0, 1),
        filters.gaussian(truth, 2, channel_axis=-1),
        truth[:, ::-1],
    ):
        expected = structural_similarity(
            truth, other, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1
        )
        assert ssim(truth, other) == pytest.approx(expected, abs=1e-6)


def test_equal_images():
    photo = data.rocket().astype(np.float32) / 255
    assert ssim(photo, photo) == 1
