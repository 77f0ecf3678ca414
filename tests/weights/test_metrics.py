"""The figures in the model card, computed again, where the validation photos are to be had."""

import os
from pathlib import Path

import pytest

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.training.cache import PhotoCache, find_photos
from colorizer_cli.training.validation import validate
from colorizer_cli.weights.registry import find_weights

PHOTOS = os.environ.get("COLORIZER_VALIDATION_PHOTOS")


@pytest.mark.skipif(PHOTOS is None, reason="COLORIZER_VALIDATION_PHOTOS names no folder of places/ and mixed/")
@pytest.mark.parametrize("name", ["places", "mixed"])
@pytest.mark.parametrize("help_with", ["none", "hints", "palette"])
def test_recorded_errors_can_be_computed_again(name: str, help_with: str, tmp_path: Path):
    from colorizer_cli.backends.torch import load_network

    weights = find_weights()
    cache = PhotoCache.build(find_photos([Path(str(PHOTOS)) / name]), tmp_path, 128)
    found = validate(load_network(weights), cache, gamut_bins(), help_with)["ab_mse"]
    key = f"{name}_ab_mse" if help_with == "none" else f"{name}_ab_mse_{help_with}"
    assert found == pytest.approx(weights.config.metrics[key], abs=0.2)
