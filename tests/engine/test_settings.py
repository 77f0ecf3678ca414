from typing import Any

import numpy as np
import pytest

from colorizer_cli import Colorizer, Settings, read_photo
from colorizer_cli.errors import UsageError, WeightsError


@pytest.mark.parametrize(
    "wrong",
    [
        {"vividness": 1.5},
        {"size": 5},
        {"candidate": 0},
        {"palette_strength": float("nan")},
        {"border": "none"},
        {"tone": "loud"},
    ],
)
def test_values_out_of_range(wrong: dict[str, Any]):
    with pytest.raises(UsageError, match=r"expected|counted"):
        Settings(**wrong)


def test_the_border_that_was_chosen_is_recorded(colorizer: Colorizer, gray_jpeg: Any):
    photo = read_photo(gray_jpeg)
    assert colorizer.compose(photo, Settings(border="colour")).options == {"border": "colour"}
    assert colorizer.compose(photo, Settings()).options == {}


def test_what_is_no_number_is_not_made_a_photo_of(colorizer: Colorizer, gray_jpeg: Any):
    settings = Settings(size=32)
    composition = colorizer.compose(read_photo(gray_jpeg), settings)
    answer = colorizer.predict(composition, settings)
    answer[0, 0, 0] = np.nan
    with pytest.raises(WeightsError, match="no numbers"):
        colorizer.coloured(composition, settings, answer)
