import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from colorizer_cli.engine.negative import SIDE
from colorizer_cli.training.negatives import STORED, examples, export, network, standardise, train


def test_examples_are_half_inverted():
    photos = torch.randint(0, 256, (200, STORED, STORED), dtype=torch.uint8)
    x, inverted = examples(photos, np.random.default_rng(0))
    assert x.shape == (200, 1, SIDE, SIDE)
    assert 0 <= float(x.min()) < float(x.max()) <= 1.2  # noise included
    assert abs(float(standardise(x).mean())) < 1e-3
    assert 0.3 < float(inverted.mean()) < 0.7


def test_it_learns_and_is_exported(tmp_path: Path):
    """Bright above and dark below, as outdoors: a rule that a few steps are enough for."""
    ramp = torch.linspace(230, 20, STORED)[:, None].expand(STORED, STORED)
    photos = (ramp + torch.randn(128, STORED, STORED) * 10).clamp(0, 255).to(torch.uint8)
    model = train(photos, epochs=8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of its own exporter
        export(model, tmp_path / "negative.onnx")
    small = np.zeros((SIDE, SIDE), np.float32) + np.linspace(1.7, -1.7, SIDE, dtype=np.float32)[:, None]
    session = onnxruntime.InferenceSession(tmp_path / "negative.onnx")
    logits = session.run(None, {"gray": np.stack([small, -small])[:, None]})[0][:, 0]
    assert logits[0] < logits[1]
    assert sum(weight.numel() for weight in network().parameters()) < 400_000
