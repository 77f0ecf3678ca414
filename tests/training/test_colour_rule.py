from pathlib import Path

import numpy as np
import pytest

from colorizer_cli.engine import colours
from colorizer_cli.training.cache import Photos
from colorizer_cli.training.colour_rule import fit, measures, share_in_colour, write


def test_a_rule_is_fitted_and_written(colour_tiles: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    chosen = np.random.default_rng(0).permutation(len(colour_tiles))
    found = [measures(colour_tiles, kind, chosen[:40], 1) for kind in ("colour", "damaged", "toned")]
    rule = fit(*found)
    assert share_in_colour(rule, found[0]) > 0.8
    assert share_in_colour(rule, found[2]) < 0.05
    write(rule, tmp_path / "rule.json")
    monkeypatch.setattr(colours, "RULE", tmp_path / "rule.json")
    colours._rule.cache_clear()
    try:
        assert [colours._rule().score(one) for one in found[0]] == pytest.approx(
            [rule.score(one) for one in found[0]], abs=1e-3
        )
    finally:
        colours._rule.cache_clear()
