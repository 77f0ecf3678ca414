import numpy as np
import pytest

from colorizer_cli.color.colourfulness import colourfulness


def test_gray_has_none():
    assert colourfulness(np.full((4, 4, 3), 90.0)) == 0


def test_a_case_worked_by_hand():
    """Half pure red, half pure blue: rg = 255 and 0, yb = 127.5 and −255."""
    photo = np.zeros((2, 2, 3))
    photo[0, :, 0], photo[1, :, 2] = 255, 255
    spread = np.hypot(127.5, 191.25)
    mean = np.hypot(127.5, -63.75)
    assert colourfulness(photo) == pytest.approx(spread + 0.3 * mean)
