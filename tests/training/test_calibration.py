from pathlib import Path

import numpy as np
import torch

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.models.hybrid import build
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.calibration import STEPS, Point, choose_vividness, vividness_curve


def test_choice_is_bounded_by_error_and_by_the_true_colourfulness():
    curve = [Point(0.0, 102, 10), Point(0.3, 100, 20), Point(0.6, 104, 30), Point(1.0, 120, 40)]
    assert choose_vividness(curve, 90) == 0.6
    assert choose_vividness(curve, 25) == 0.3
    assert choose_vividness(curve, 5) == 0


def test_curve_rises_in_colour(cache: PhotoCache, tmp_path: Path):
    torch.manual_seed(0)
    prior = np.full(259, 1 / 259, np.float32)
    curve, true = vividness_curve(build("hybrid-lite"), [cache], gamut_bins(), prior, every=12)
    assert [point.vividness for point in curve] == list(STEPS)
    assert curve[-1].colourfulness > curve[0].colourfulness
    assert true > 10
