"""Places to ask about, candidates and confidence, on the real network."""

from pathlib import Path

import numpy as np
import pytest
from skimage import data
from skimage.color import deltaE_ciede2000

from colorizer_cli import Colorizer, read_photo
from colorizer_cli.color import lab
from colorizer_cli.engine.asking import questions
from colorizer_cli.engine.candidates import distinct_colours
from colorizer_cli.engine.confidence_map import confidence_map
from colorizer_cli.engine.palette import palette_like
from colorizer_cli.engine.questions import places
from colorizer_cli.engine.settings import Settings
from colorizer_cli.errors import UsageError

BINS = np.array([[0, 0], [40, 0], [-40, 0], [0, 40]], np.float32)


def logits(left: list[float], right: list[float]) -> np.ndarray:
    """(4, 20, 40): one distribution in the left half, another in the right."""
    halves = [np.broadcast_to(np.array(side, np.float32)[:, None, None], (4, 20, 20)) for side in (left, right)]
    return np.concatenate(halves, axis=2)


def test_what_is_unsure_is_asked_and_asked_once():
    found = places(logits([9, 0, 0, 0], [1, 1, 1, 1]), np.full((20, 40), 50, np.float32), 2)
    assert found[0][0] > 0.5
    lightness = np.concatenate([np.full((20, 20), 20), np.full((20, 20), 80)], axis=1).astype(np.float32)
    (first, _), (second, _) = places(logits([1, 1, 1, 1], [1, 1, 1, 1]), lightness, 2)
    assert (first > 0.5) != (second > 0.5)


def test_distinct_colours_are_plausible_and_apart():
    colours, shares = distinct_colours(np.array([2.0, 1.5, -8, -8], np.float32), BINS)
    assert len(colours) == 2
    np.testing.assert_allclose(colours, BINS[:2], atol=1)
    assert shares[0] > shares[1]
    assert shares.sum() == pytest.approx(1)


def test_candidates_are_the_same_each_time_and_differ_where_the_network_is_unsure(
    colorizer: Colorizer, gray_jpeg: Path
):
    photo = read_photo(gray_jpeg)
    results = [colorizer.colorize(photo, Settings(candidate=number)) for number in (1, 2, 3)]
    pixels = [lab.srgb_to_lab(result.pixels() / 255.0) for result in results]
    again = colorizer.colorize(photo, Settings(candidate=3)).pixels()
    np.testing.assert_array_equal(again, results[2].pixels())
    np.testing.assert_array_equal(results[0].pixels(), colorizer.colorize(photo).pixels())
    difference = np.mean([deltaE_ciede2000(pixels[i], pixels[j]) for i, j in ((0, 1), (0, 2), (1, 2))], axis=0)
    assert np.percentile(difference, 90) >= 4


def test_questions_name_places_inside_the_photo_with_guesses(colorizer: Colorizer, gray_jpeg: Path):
    photo = read_photo(gray_jpeg)
    found = questions(colorizer, photo, Settings(), 4)
    assert len(found) == 4
    assert len({(hint.x, hint.y) for hint in found}) == 4
    assert all(0 <= hint.x <= photo.width and 0 <= hint.y <= photo.height for hint in found)
    assert all(hint.comment and hint.comment.startswith("a guess") for hint in found)


def test_confidence_of_every_part_and_its_picture(colorizer: Colorizer, gray_jpeg: Path):
    coloured = colorizer.colorize(read_photo(gray_jpeg))
    found = coloured.confidence_map
    assert found is not None
    assert 0 <= found.min() < found.max() <= 1
    picture = confidence_map(found, 3000, 2000)
    assert picture.dtype == np.uint8
    assert picture.shape[1] == 1024
    lightness = lab.srgb_to_lab(confidence_map(np.linspace(0, 1, 50, dtype=np.float32)[None], 500, 40)[20] / 255.0)
    assert (np.diff(lightness[::25, 0]) > 0).all()


def test_the_palette_of_a_reference_draws_the_result_towards_it(colorizer: Colorizer, gray_jpeg: Path, tmp_path: Path):
    import pyvips

    cold = np.dstack([data.camera() // 3, data.camera() // 2, data.camera()])
    pyvips.Image.new_from_array(cold).pngsave(str(tmp_path / "cold.png"))
    palette = palette_like([tmp_path / "cold.png"], colorizer.weights.config.bin_array())
    assert sum(palette.frequencies) == pytest.approx(1, abs=1e-4)
    photo = read_photo(gray_jpeg)
    plain, like = (colorizer.colorize(photo, settings).pixels() for settings in (Settings(), Settings(palette=palette)))
    assert lab.srgb_to_lab(like / 255.0)[..., 2].mean() < lab.srgb_to_lab(plain / 255.0)[..., 2].mean() - 5


def test_a_gray_reference_has_no_palette(colorizer: Colorizer, gray_jpeg: Path):
    with pytest.raises(UsageError, match="no colours"):
        palette_like([gray_jpeg], colorizer.weights.config.bin_array())
