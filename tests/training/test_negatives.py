from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from colorizer_cli.engine.negative import SIDE, standardise
from colorizer_cli.training.document_examples import document
from colorizer_cli.training.negative_examples import example, negative, scanned
from colorizer_cli.training.negatives import Examples, export, load, network, train


class Ramps:
    """Photos that are bright above and dark below, as outdoors: a rule that a few steps are enough for."""

    def __init__(self, count: int) -> None:
        random = np.random.default_rng(0)
        ramp = np.linspace(230, 20, SIDE)[:, None, None]
        self.photos = np.clip(ramp + random.normal(0, 10, (count, SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
        self.shapes = [(SIDE, SIDE)] * count

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, i: int) -> np.ndarray:
        return self.photos[i]


def test_examples_are_half_negatives_and_can_be_made_again():
    photo = Ramps(1)[0]
    made = [example(photo, np.random.default_rng(seed), SIDE) for seed in range(200)]
    assert all(gray.shape == (SIDE, SIDE) and 0 <= gray.min() < gray.max() <= 1 for gray, _ in made)
    assert 0.4 < np.mean([inverted for _, inverted in made]) < 0.6
    for gray, inverted in made:
        middle = gray[SIDE // 8 : -SIDE // 8]  # a rebate may surround it
        assert (middle[:20].mean() < middle[-20:].mean()) == inverted
    np.testing.assert_array_equal(example(photo, np.random.default_rng(7), SIDE)[0], made[7][0])


def test_as_many_examples_lie_on_a_side_or_their_head_as_asked_for():
    photo = Ramps(1)[0]
    ways = []
    for seed in range(200):
        gray, inverted = example(photo, np.random.default_rng(seed), SIDE, turned=0.6)
        inside = (1 - gray if inverted else gray)[SIDE // 8 : -SIDE // 8, SIDE // 8 : -SIDE // 8]
        sides = [inside[:20], inside[:, :20], inside[-20:], inside[:, -20:]]
        ways.append(int(np.argmax([side.mean() for side in sides])))
    shares = np.bincount(ways, minlength=4) / len(ways)
    assert 0.3 < shares[0] < 0.5
    assert (shares[1:] > 0.1).all()


@pytest.mark.parametrize("seed", range(12))
def test_a_negative_turns_the_tones_round(seed: int):
    ramp = np.linspace(0, 1, 50, dtype=np.float32)[None].repeat(2, 0)
    turned = negative(ramp, np.random.default_rng(seed))
    assert np.all(np.diff(turned[0]) < 1e-6)
    assert turned.max() == pytest.approx(1, abs=1e-5)


def test_a_scan_stays_in_range():
    gray = np.linspace(0, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    for seed in range(30):
        seen = scanned(gray, np.random.default_rng(seed))
        assert seen.dtype == np.float32
        assert 0 <= seen.min() <= seen.max() <= 1


def test_each_example_is_shown_as_it_is_and_inverted():
    batch = 24
    x, inverted = Examples(Ramps(4), batch, seed=1, batch=batch)[0]
    assert x.shape == (2 * batch, 1, SIDE, SIDE)
    assert inverted.shape == (batch,)
    np.testing.assert_allclose(x[:batch], -x[batch:], atol=1e-3)


def test_it_learns_and_is_exported(tmp_path: Path):
    torch.manual_seed(0)
    model = train(network(), Examples(Ramps(64), 40 * 8, seed=0, batch=8, turned=0), workers=1)
    export(model, tmp_path / "negative.onnx")
    assert (tmp_path / "negative.onnx").stat().st_size < 8_000_000
    small = standardise(np.linspace(1, 0, SIDE, dtype=np.float32)[:, None].repeat(SIDE, 1))
    pair = np.stack([small, -small])[:, None]
    session = onnxruntime.InferenceSession(tmp_path / "negative.onnx")
    (logits,) = session.run(None, {"gray": pair})
    assert logits[0, 0] < logits[1, 0]
    with torch.no_grad():
        np.testing.assert_allclose(logits, model(torch.from_numpy(pair)).numpy(), atol=0.02)


def test_what_was_exported_can_be_trained_on(tmp_path: Path):
    first = train(network(), Examples(Ramps(64), 10 * 8, seed=0, batch=8))
    export(first, tmp_path / "negative.onnx")
    again = network().eval()
    load(again, tmp_path / "negative.onnx")
    x = torch.randn(4, 1, SIDE, SIDE)
    with torch.no_grad():
        torch.testing.assert_close(again(x), first(x), atol=0.02, rtol=0.01)
    before = {name: tensor.clone() for name, tensor in again.state_dict().items()}
    train(again, Examples(Ramps(64), 2 * 8, seed=1, batch=8), rate=0.3, keep_statistics=True)
    changed = {name for name, tensor in again.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed
    assert not any("running" in name for name in changed)


@pytest.mark.parametrize("seed", range(8))
def test_a_page_is_dark_on_light(seed: int):
    page = document(np.random.default_rng(seed), SIDE)
    assert page.shape == (SIDE, SIDE)
    assert page.dtype == np.float32
    assert 0 <= page.min() < page.max() <= 1
    middle = np.median(page)
    assert middle - page.min() > page.max() - middle
