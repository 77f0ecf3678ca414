"""ONNX Runtime and torch give the same colours."""

import numpy as np
import pytest
from skimage import color, data, transform

from colorizer_cli.backends.choice import create_predictor
from colorizer_cli.color.decoding import decode
from colorizer_cli.weights.registry import find_weights

PHOTOS = ["astronaut", "chelsea", "coffee", "rocket"]


def twenty_photos() -> list[np.ndarray]:
    """Five crops each of four photos, (1, 1, H, W) gray, all of different sizes."""
    rng = np.random.default_rng(0)
    photos = []
    for name in PHOTOS:
        gray = color.rgb2gray(getattr(data, name)())
        for _ in range(5):
            top, left = rng.integers(0, 100, 2)
            size = rng.integers(90, 200, 2)
            crop = transform.resize(gray[top : top + 280, left : left + 280], size, anti_aliasing=True)
            photos.append(crop.astype(np.float32)[None, None])
    return photos


@pytest.mark.parametrize("vividness", [0.0, 1.0])
def test_decoded_colours_agree(vividness: float):
    weights = find_weights()
    onnx, torch = (create_predictor(weights, backend, "cpu") for backend in ("onnx", "torch"))
    bins, prior = weights.config.bin_array(), weights.config.prior_array()
    photos = twenty_photos()
    assert len(photos) == 20
    for gray in photos:
        first, second = (decode(p.predict(gray)[0], bins, prior, vividness) for p in (onnx, torch))
        assert first.shape == second.shape
        assert np.abs(first - second).max() <= 0.5


def test_hints_and_palette_reach_both_backends():
    weights = find_weights()
    gray = twenty_photos()[0]
    hints = np.zeros((1, 3, *gray.shape[2:]), np.float32)
    hints[:, :2, 40:50, 40:50], hints[:, 2, 40:50, 40:50] = 40, 1
    palette = np.zeros((1, len(weights.config.bins) + 1), np.float32)
    palette[0, [100, -1]] = 1
    outputs = [
        [predictor.predict(gray), predictor.predict(gray, hints), predictor.predict(gray, None, palette)]
        for predictor in (create_predictor(weights, backend, "cpu") for backend in ("onnx", "torch"))
    ]
    for plain, hinted, toned in outputs:
        assert np.abs(plain - hinted).max() > 0.5
        assert np.abs(plain - toned).max() > 0.5
    for one, other in zip(*outputs, strict=True):
        np.testing.assert_allclose(one, other, atol=0.1)


def test_batches_equal_single_photos():
    predictor = create_predictor(find_weights(), "onnx", "cpu")
    batch = np.random.default_rng(0).random((3, 1, 64, 96), np.float32)
    together = predictor.predict(batch)
    for i in range(3):
        np.testing.assert_allclose(predictor.predict(batch[i : i + 1])[0], together[i], atol=2e-3)
