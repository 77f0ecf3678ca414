"""What only a GPU runs: colours in torch, training and fine-tuning. Skipped where torch finds no CUDA device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pyvips
import torch
from skimage import data

from colorizer_cli import Colorizer, read_photo, write_photo
from colorizer_cli.backends.choice import create_predictor
from colorizer_cli.backends.torch import load_network
from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.color.decoding import decode
from colorizer_cli.training.cache import PhotoCache, find_photos
from colorizer_cli.training.fine_tune import FineTuning, fine_tune
from colorizer_cli.training.loop import Recipe, Run
from colorizer_cli.training.negatives import Examples, network, train
from colorizer_cli.training.stages import Stage
from colorizer_cli.training.validation import validate
from colorizer_cli.weights.folder import WeightsFolder
from colorizer_cli.weights.registry import find_weights

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 crops of three colour photos."""
    found = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for name in ("astronaut", "chelsea", "coffee"):
        for i in range(16):
            top, left = rng.integers(0, 120, 2)
            crop = np.ascontiguousarray(getattr(data, name)()[top : top + 150, left : left + 180])
            pyvips.Image.new_from_array(crop).copy(interpretation="srgb").pngsave(str(found / f"{name}-{i}.png"))
    return found


@pytest.fixture(scope="module")
def photos(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> PhotoCache:
    return PhotoCache.build(find_photos([folder]), tmp_path_factory.mktemp("cache"), 128)


@pytest.mark.parametrize("vividness", [0.0, 1.0])
@pytest.mark.parametrize("shape", [(160, 160), (112, 229)])
def test_colours_agree_with_the_cpu(shape: tuple[int, int], vividness: float):
    weights = find_weights()
    bins, prior = weights.config.bin_array(), weights.config.prior_array()
    rng = np.random.default_rng(0)
    gray = pyvips.Image.new_from_array(data.coffee()).colourspace("b-w").thumbnail_image(shape[1], height=shape[0])
    seen = (gray.numpy().astype(np.float32) / 255)[None, None]
    hints = np.zeros((1, 3, *seen.shape[2:]), np.float32)
    hints[:, :2, 40:50, 40:50], hints[:, 2, 40:50, 40:50] = rng.uniform(-50, 50), 1
    on_cuda = create_predictor(weights, "torch", "cuda")
    assert (on_cuda.backend, on_cuda.device) == ("torch", "cuda:0")
    for given in (None, hints):
        first, second = (
            decode(predictor.predict(seen, given)[0], bins, prior, vividness)
            for predictor in (on_cuda, create_predictor(weights, "torch", "cpu"))
        )
        assert np.abs(first - second).max() <= 0.5


def test_a_photo_is_coloured_as_on_the_cpu(gray_jpeg: Path, tmp_path: Path):
    results = {device: tmp_path / f"{device}.png" for device in ("cuda", "cpu")}
    for device, result in results.items():
        write_photo(Colorizer(backend="torch", device=device).colorize(read_photo(gray_jpeg)), result)
    gpu, cpu = (pyvips.Image.new_from_file(str(result)).numpy().astype(int) for result in results.values())
    assert np.ptp(gpu[..., 0] - gpu[..., 2]) > 20
    assert np.abs(gpu - cpu).max() <= 2


@pytest.mark.parametrize(
    "options", [{}, {"compile": True}, {"drop_paths": 0.2, "dropout": 0.1}, {"taught": True}], ids=str
)
def test_training_goes_on_from_the_embedded_weights(photos: PhotoCache, tmp_path: Path, options: dict[str, bool]):
    start = load_network(find_weights())
    teacher = load_network(find_weights()) if "taught" in options else None
    bins, stages = gamut_bins(), [Stage(128, 480, 16)]
    before = validate(start, photos, bins)["ab_mse"]
    recipe = Recipe(
        stages,
        learning_rate=5e-4,
        expectation=2.0,
        distillation=0.2,
        ema_decay=0.9,
        keep_statistics=True,
        warmup=5,
        workers=2,
        device="cuda",
        **{name: value for name, value in options.items() if name != "taught"},
    )
    run = Run(start, recipe, photos, {"same": photos}, tmp_path, teacher=teacher)
    run.train()
    assert run.device.type == "cuda"
    assert run.step == 30
    assert validate(run.ema, photos, bins)["ab_mse"] < 0.9 * before
    again = Run(load_network(find_weights()), recipe, photos, {}, tmp_path, teacher=teacher)
    again.resume()
    for name, tensor in run.ema.state_dict().items():
        torch.testing.assert_close(again.ema.state_dict()[name], tensor, msg=name)


def test_fine_tuning_ends_in_weights_that_colour(folder: Path, tmp_path: Path, gray_jpeg: Path):
    job = FineTuning(
        (folder,), tmp_path / "mine", sizes="64", views=320, batch=16, workers=2, device="cuda", force=True
    )
    outcome = fine_tune(job)
    assert outcome is not None
    assert WeightsFolder.open(tmp_path / "mine").verify() == []
    Colorizer(tmp_path / "mine").colorize(read_photo(gray_jpeg))


def test_the_network_that_tells_negatives_trains(photos: PhotoCache):
    told: list[float] = []
    model = train(
        network(),
        Examples(photos, 30 * 48, seed=0, batch=48),
        lambda step, loss: told.append(loss),
        True,
        "cuda",
        workers=2,
    )
    assert np.isfinite(told).all()
    assert next(model.parameters()).device.type == "cpu"
