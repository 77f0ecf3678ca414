from pathlib import Path

import numpy as np
import torch

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.models.hybrid import build
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.calibration import STEPS, Point, choose_vividness, vividness_curve


def test_choice_is_the_lowest_that_is_colourful_enough_and_better_than_gray():
    curve = [Point(0.0, 100, 10), Point(0.3, 102, 20), Point(0.6, 110, 30), Point(1.0, 140, 40)]
    assert choose_vividness(curve, 32, 200) == 0.6
    assert choose_vividness(curve, 20, 200) == 0.3
    assert choose_vividness(curve, 90, 200) == 1.0
    assert choose_vividness(curve, 90, 120) == 0.6
    assert choose_vividness(curve, 90, 90) == 0


def test_curve_rises_in_colour(cache: PhotoCache, tmp_path: Path):
    torch.manual_seed(0)
    prior = np.full(259, 1 / 259, np.float32)
    curve, true, gray_error = vividness_curve(build("hybrid-lite"), [cache], gamut_bins(), prior, every=12)
    assert [point.vividness for point in curve] == list(STEPS)
    assert curve[-1].colourfulness > curve[0].colourfulness
    assert true > 10
    assert gray_error > 10
