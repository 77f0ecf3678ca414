"""Backbones from files, and frozen encoders that stay as they are."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from colorizer_cli.errors import UsageError, WeightsError
from colorizer_cli.models.hybrid import build
from colorizer_cli.training.backbones import load_backbone, network_with_backbones
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.loop import Run
from colorizer_cli.training.recipe import reference
from colorizer_cli.training.stages import Stage

LITE = "tf_efficientnet_lite0"


def test_a_file_with_timms_names(tmp_path: Path):
    whole = timm.create_model(LITE).state_dict()
    save_file(whole, tmp_path / "lite0.safetensors")
    network = network_with_backbones("hybrid-lite", [str(tmp_path / "lite0.safetensors")])
    for name, tensor in network.encoders["semantic"].network.state_dict().items():
        torch.testing.assert_close(tensor, whole[name])


def test_other_names_are_mapped_by_position_and_shape(tmp_path: Path):
    whole = timm.create_model(LITE).state_dict()
    torch.save({f"layer{i}": tensor for i, tensor in enumerate(whole.values())}, tmp_path / "lite0.pth")
    network = build("hybrid-lite")
    load_backbone(network.encoders["semantic"], tmp_path / "lite0.pth")
    for name, tensor in network.encoders["semantic"].network.state_dict().items():
        torch.testing.assert_close(tensor, whole[name])
    torch.save({f"layer{i}": tensor for i, tensor in enumerate(reversed(whole.values()))}, tmp_path / "wrong.pth")
    with pytest.raises(WeightsError, match="does not fit"):
        load_backbone(network.encoders["semantic"], tmp_path / "wrong.pth")


def test_both_backbones_of_the_reference(tmp_path: Path):
    wholes = {"vgg16": timm.create_model("vgg16"), "resnet50v2": timm.create_model("resnetv2_50")}
    sources = []
    for name, model in wholes.items():
        save_file(model.state_dict(), tmp_path / f"{name}.safetensors")
        sources.append(f"{name}={tmp_path / name}.safetensors")
    network = network_with_backbones("hybrid-vgg16-resnet50v2", sources)
    for name, model in wholes.items():
        given = {key.replace(".", "_"): tensor for key, tensor in model.state_dict().items()}
        for key, tensor in network.encoders[name].network.state_dict().items():
            torch.testing.assert_close(tensor, given[key.replace(".", "_")])
    with pytest.raises(UsageError, match="vgg16=FILE and --backbone-weights resnet50v2=FILE"):
        network_with_backbones("hybrid-vgg16-resnet50v2", sources[:1])


def test_files_that_hold_something_else(tmp_path: Path):
    encoder = build("hybrid-lite").encoders["semantic"]
    with pytest.raises(WeightsError, match="no backbone weights"):
        load_backbone(encoder, tmp_path / "none.pth")
    (tmp_path / "text.pth").write_text("weights")
    with pytest.raises(WeightsError, match="no tensors"):
        load_backbone(encoder, tmp_path / "text.pth")
    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(WeightsError, match="must use timm's names"):
        load_backbone(encoder, tmp_path / "x.safetensors")


def test_reference_l2_falls_and_frozen_means_frozen(cache: PhotoCache, tmp_path: Path):
    torch.manual_seed(0)
    network = build("hybrid-vgg16-resnet50v2")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    recipe = reference([Stage(32, 192, 8)], 0, None)
    assert (recipe.learning_rate, recipe.schedule, recipe.augmentation, recipe.clip) == (1e-3, "constant", "flip", None)
    run = Run(network, recipe, cache, {}, tmp_path)
    assert type(run.optimizer) is torch.optim.Adam
    losses: list[float] = []
    run.on_progress = lambda progress: losses.append(progress.loss or 0)
    run.train()
    assert losses[-1] < 0.9 * losses[0]
    for name, tensor in run.network.state_dict().items():
        changed = not torch.equal(tensor, before[name])
        if name.startswith("encoders."):
            assert not changed, name  # running_mean, running_var and num_batches_tracked among them
        elif name.endswith(("weight", "running_mean")):
            assert changed, name
