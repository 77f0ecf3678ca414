from pathlib import Path

import numpy as np
import pytest
import torch

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.models.hybrid import build
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.calibration import STEPS, Point, choose_vividness, vividness_curve


def test_choice_is_interpolated_and_bounded():
    curve = [Point(0.0, 100, 10), Point(0.5, 120, 20), Point(1.0, 150, 40)]
    assert choose_vividness(curve, 30) == pytest.approx(0.75)
    assert choose_vividness(curve, 5) == 0
    assert choose_vividness(curve, 90) == 1


def test_curve_rises_in_colour(cache: PhotoCache, tmp_path: Path):
    torch.manual_seed(0)
    prior = np.full(259, 1 / 259, np.float32)
    curve, true = vividness_curve(build("hybrid-lite"), [cache], gamut_bins(), prior, every=12)
    assert [point.vividness for point in curve] == list(STEPS)
    assert curve[-1].colourfulness > curve[0].colourfulness
    assert true > 10
