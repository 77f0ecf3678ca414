"""Real training runs, small ones: loss falls, a resumed run equals an unbroken one, a run ends in usable weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState

from colorizer_cli import Colorizer, read_photo
from colorizer_cli.errors import UsageError, WeightsError
from colorizer_cli.models.hybrid import build
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.initial import load_initial
from colorizer_cli.training.loop import Recipe, Run
from colorizer_cli.training.prior import ab_prior
from colorizer_cli.training.publish import Description, publish
from colorizer_cli.training.stages import Stage, learning_rate_factor, parse_stages
from colorizer_cli.training.validation import validate


def run(folder: Path, cache: PhotoCache, stages: list[Stage], preset: str = "hybrid-lite", **options: object) -> Run:
    torch.manual_seed(0)
    recipe = Recipe(stages, workers=0, log_every=2, checkpoint_every=3, validate_every=1000, **options)
    return Run(build(preset), recipe, cache, {"same": cache}, folder)


def losses(folder: Path) -> list[float]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


@pytest.mark.parametrize("preset", ["hybrid-lite", "hybrid-vgg16-resnet50v2"])
def test_loss_falls(preset: str, cache: PhotoCache, tmp_path: Path):
    job = run(tmp_path, cache, [Stage(32, 96, 8)], preset, learning_rate=2e-3)
    job.train()
    assert losses(tmp_path)[-1] < losses(tmp_path)[0]
    assert job.step == 12


def test_bfloat16_on_a_cpu_trains_to_about_the_same(cache: PhotoCache, tmp_path: Path):
    for precision in ("float32", "bfloat16"):
        AcceleratorState._reset_state()  # it keeps one precision for each process
        job = run(tmp_path / precision, cache, [Stage(32, 96, 8)], learning_rate=2e-3, precision=precision)
        job.train()
        assert all(parameter.dtype == torch.float32 for parameter in job.averaged.parameters())
    AcceleratorState._reset_state()
    wide, narrow = losses(tmp_path / "float32"), losses(tmp_path / "bfloat16")
    assert wide != narrow
    np.testing.assert_allclose(narrow, wide, rtol=0.03)


@pytest.mark.parametrize("dropped", [0.0, 0.5])
def test_a_resumed_run_equals_an_unbroken_one(cache: PhotoCache, tmp_path: Path, dropped: float):
    stages = [Stage(32, 16, 4), Stage(64, 16, 4)]
    dropping = {"drop_paths": dropped, "dropout": dropped}
    whole = run(tmp_path / "whole", cache, stages, **dropping)
    whole.train()

    broken = run(tmp_path / "broken", cache, stages, **dropping)
    step = broken._train_step

    def killed(batch: dict[str, torch.Tensor]) -> float:
        if broken.step == 4:
            raise KeyboardInterrupt
        return step(batch)

    broken._train_step = killed
    with pytest.raises(KeyboardInterrupt):
        broken.train()
    resumed = run(tmp_path / "broken", cache, stages, **dropping)
    resumed.resume()
    assert resumed.step == 3
    resumed.train()
    for name, tensor in whole.ema.state_dict().items():
        torch.testing.assert_close(resumed.ema.state_dict()[name], tensor, msg=name)


def test_published_weights_colour_photos(cache: PhotoCache, tmp_path: Path, gray_jpeg: Path):
    job = run(tmp_path / "run", cache, [Stage(32, 32, 8)], expectation=0.5)
    job.train()
    prior = ab_prior(cache, job.bins)
    assert prior.sum() == pytest.approx(1, abs=1e-4)
    description = Description("mine", "hybrid-lite", 128, 0.5, "MIT", "none", {"places": 1.0}, "# card\n")
    publish(job.network, prior, description, tmp_path / "weights")
    photo = read_photo(gray_jpeg)
    onnx, torch_ = (
        Colorizer(tmp_path / "weights", backend).colorize(photo).pixels().astype(int) for backend in ("onnx", "torch")
    )
    assert np.abs(onnx - torch_).max() <= 2
    load_initial(build("hybrid-lite"), tmp_path / "weights")


def test_reference_weights_run_on_both_backends(tmp_path: Path, gray_jpeg: Path):
    torch.manual_seed(0)
    description = Description("reference", "hybrid-vgg16-resnet50v2", 96, 0.0, "MIT", "none", {}, "# card\n")
    publish(build("hybrid-vgg16-resnet50v2"), np.empty(0), description, tmp_path / "weights")
    results = [Colorizer(tmp_path / "weights", b).colorize(read_photo(gray_jpeg)).pixels() for b in ("onnx", "torch")]
    assert np.abs(results[0].astype(int) - results[1].astype(int)).max() <= 2


def test_weights_that_do_not_fit_are_refused(tmp_path: Path):
    with pytest.raises(WeightsError, match="no weights"):
        load_initial(build("hybrid-lite"), tmp_path)


def test_validation_of_gray_is_the_mean_square_of_the_true_colours(cache: PhotoCache):
    class Gray(torch.nn.Module):
        def forward(self, gray: torch.Tensor) -> torch.Tensor:
            return gray.new_zeros(gray.shape[0], 2, *gray.shape[2:])

    figures = validate(Gray(), cache, None)
    assert figures["ab_mse"] == pytest.approx(figures["gray_ab_mse"])
    assert figures["gray_ab_mse"] > 50


@pytest.mark.parametrize("text", ["", "64", "64:x", "63:100", "64:10", "0:100", "64:100;128:10"])
def test_stages_that_make_no_sense(text: str):
    with pytest.raises(UsageError):
        parse_stages(text, 32)


def test_stages():
    assert parse_stages("64:100, 128:64", 32) == [Stage(64, 100, 32), Stage(128, 64, 32)]


def test_learning_rate_warms_up_and_falls_to_zero():
    factors = [learning_rate_factor(step, 1000) for step in range(1001)]
    assert factors[0] == 0.01
    assert max(factors) == 1
    assert factors[1000] == pytest.approx(0)
