from pathlib import Path

import numpy as np
import pytest
from skimage import data

from colorizer_cli.engine import colours
from colorizer_cli.engine.colours import Colours
from colorizer_cli.training.colour_rule import fit, measures, share_in_colour, write
from colorizer_cli.training.toned_examples import toned


class Tiles:
    """Pieces of scikit-image's colour photos."""

    def __init__(self) -> None:
        photos = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
        self.photos = [
            np.ascontiguousarray(photo[top : top + 176, left : left + 176])
            for photo in photos
            for top in range(0, photo.shape[0] - 176, 60)
            for left in range(0, photo.shape[1] - 176, 120)
        ]
        self.shapes = [photo.shape[:2] for photo in self.photos]

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, i: int) -> np.ndarray:
        return self.photos[i]


@pytest.mark.parametrize("damaged", [False, True])
def test_a_toned_photo_has_the_photo_but_not_its_colours(damaged: bool):
    photo = data.astronaut()[::2, ::2]
    made = [toned(photo, np.random.default_rng(seed), damaged) for seed in range(8)]
    for one in made:
        assert one.shape == photo.shape
        assert one.dtype == np.uint8
        assert np.corrcoef(one.mean(-1).ravel(), photo.mean(-1).ravel())[0, 1] > 0.5
    np.testing.assert_array_equal(toned(photo, np.random.default_rng(3), damaged), made[3])


def test_a_rule_is_fitted_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    photos = Tiles()
    chosen = np.random.default_rng(0).permutation(len(photos))
    found = [measures(photos, kind, chosen[:40], 1) for kind in ("colour", "damaged", "toned")]
    rule = fit(*found)
    assert share_in_colour(rule, found[0]) > 0.8
    assert share_in_colour(rule, found[2]) < 0.05
    write(rule, tmp_path / "rule.json")
    monkeypatch.setattr(colours, "RULE", tmp_path / "rule.json")
    colours._rule.cache_clear()
    try:
        assert [Colours(one, (0, 0)).is_colour for one in found[0]] == [rule.score(one) > 0 for one in found[0]]
    finally:
        colours._rule.cache_clear()
