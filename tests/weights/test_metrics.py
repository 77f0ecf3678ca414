"""The figures in the model card, computed again, where the validation photos are to be had."""

import os
from pathlib import Path

import pytest

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.training.cache import PhotoCache, find_photos
from colorizer_cli.training.calibration import vividness_curve
from colorizer_cli.training.validation import validate
from colorizer_cli.weights.registry import find_weights

PHOTOS = os.environ.get("COLORIZER_VALIDATION_PHOTOS")
NEEDS_PHOTOS = pytest.mark.skipif(
    PHOTOS is None, reason="COLORIZER_VALIDATION_PHOTOS names no folder of places/ and mixed/"
)


def test_hints_and_palettes_are_worth_their_trouble():
    metrics = find_weights().config.metrics
    for name in ("places", "mixed"):
        assert metrics[f"{name}_ab_mse_hints"] <= 0.7 * metrics[f"{name}_ab_mse"]
        assert metrics[f"{name}_ab_mse_palette"] <= 0.65 * metrics[f"{name}_ab_mse"]


@NEEDS_PHOTOS
@pytest.mark.parametrize("name", ["places", "mixed"])
@pytest.mark.parametrize("help_with", ["none", "hints", "palette"])
def test_recorded_errors_can_be_computed_again(name: str, help_with: str, tmp_path: Path):
    from colorizer_cli.backends.torch import load_network

    weights = find_weights()
    cache = PhotoCache.build(find_photos([Path(str(PHOTOS)) / name]), tmp_path, 128)
    found = validate(load_network(weights), cache, gamut_bins(), help_with)["ab_mse"]
    key = f"{name}_ab_mse" if help_with == "none" else f"{name}_ab_mse_{help_with}"
    assert found == pytest.approx(weights.config.metrics[key], abs=0.2)


@NEEDS_PHOTOS
def test_the_default_vividness_is_about_as_colourful_as_photos(tmp_path: Path):
    from colorizer_cli.backends.torch import load_network

    weights = find_weights()
    caches = [PhotoCache.build(find_photos([Path(str(PHOTOS)) / name]), tmp_path, 128) for name in ("places", "mixed")]
    bins, prior = weights.config.bin_array(), weights.config.prior_array()
    curve, true, gray_error = vividness_curve(load_network(weights), caches, bins, prior)
    (default,) = (point for point in curve if point.vividness == weights.config.vividness)
    assert default.colourfulness == pytest.approx(true, rel=0.1)
    assert default.ab_mse < gray_error
