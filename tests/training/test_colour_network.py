from pathlib import Path

import numpy as np
import pytest
from skimage import data

from colorizer_cli.engine import colours, small_networks
from colorizer_cli.engine.colours import Colours
from colorizer_cli.training.cache import Photos
from colorizer_cli.training.colour_network import example, export, pictures, share_in_colour, train
from colorizer_cli.training.toned_examples import toned


@pytest.mark.parametrize("damaged", [False, True])
def test_a_toned_photo_has_the_photo_but_not_its_colours(damaged: bool):
    photo = data.astronaut()[::2, ::2]
    made = [toned(photo, np.random.default_rng(seed), damaged) for seed in range(8)]
    for one in made:
        assert one.shape == photo.shape
        assert one.dtype == np.uint8
        assert np.corrcoef(one.mean(-1).ravel(), photo.mean(-1).ravel())[0, 1] > 0.5
    np.testing.assert_array_equal(toned(photo, np.random.default_rng(3), damaged), made[3])


def test_a_network_is_trained_and_written(colour_tiles: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    photos = colour_tiles
    seen = {kind: pictures(photos, [kind] * len(photos), 1) for kind in ("colour", "damaged", "toned")}
    everything = np.concatenate(list(seen.values()))
    in_colour = np.arange(len(everything)) < len(photos)
    network = train(everything, in_colour, epochs=8, batch=16)
    assert share_in_colour(network, seen["colour"]) > 0.8
    assert share_in_colour(network, seen["toned"]) < 0.1
    export(network, tmp_path / "colour.onnx")
    monkeypatch.setattr(colours, "NETWORK", str(tmp_path / "colour.onnx"))
    small_networks._session.cache_clear()
    monkeypatch.setattr(colours, "PLAINLY_TONED", -100)
    monkeypatch.setattr(colours, "PLAINLY_IN_COLOUR", 100)
    measures = np.ones(10, np.float32)
    told = [Colours(measures, picture.astype(np.float32), (0, 0)).is_colour for picture in seen["colour"]]
    small_networks._session.cache_clear()
    assert np.mean(told) == pytest.approx(share_in_colour(network, seen["colour"]), abs=0.03)


def test_a_colour_photo_stays_one(colour_tiles: Photos):
    photo = colour_tiles[0]
    for seed in range(4):
        kept = example(photo, "colour", np.random.default_rng(seed))
        assert np.abs(kept.astype(int) - photo).mean() < 15
