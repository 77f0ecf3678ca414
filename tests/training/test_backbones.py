"""Backbones from files, and frozen encoders that stay as they are."""

from pathlib import Path

import pytest
import timm
import torch
from hub_server import HubServer
from safetensors.torch import save_file

from colorizer_cli.errors import UsageError, WeightsError
from colorizer_cli.models.hybrid import build
from colorizer_cli.training.backbones import load_backbone, network_with_backbones, pull_backbone
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.fine_tune import starts_anew
from colorizer_cli.training.loop import Run
from colorizer_cli.training.progress import Progress
from colorizer_cli.training.recipe import reference
from colorizer_cli.training.stages import Stage
from colorizer_cli.weights.registry import backbones_of

LITE = "tf_efficientnet_lite0"


def test_a_file_with_timms_names(tmp_path: Path):
    whole = timm.create_model(LITE).state_dict()
    save_file(whole, tmp_path / "lite0.safetensors")
    network = network_with_backbones("hybrid-lite", [str(tmp_path / "lite0.safetensors")])
    for name, tensor in network.encoders["semantic"].network.state_dict().items():
        torch.testing.assert_close(tensor, whole[name])


def test_pickles_and_other_shapes_are_refused(tmp_path: Path):
    whole = timm.create_model(LITE).state_dict()
    encoder = build("hybrid-lite").encoders["semantic"]
    for name in ("lite0.pth", "lite0.safetensors"):
        torch.save(whole, tmp_path / name)
        with pytest.raises(WeightsError, match="such files can run code"):
            load_backbone(encoder, tmp_path / name)
    save_file(whole | {"conv_stem.weight": torch.zeros(8, 3, 3, 3)}, tmp_path / "wrong.safetensors")
    with pytest.raises(
        WeightsError, match=r"does not fit: conv_stem.weight is \(8, 3, 3, 3\), expected \(32, 3, 3, 3\)"
    ):
        load_backbone(encoder, tmp_path / "wrong.safetensors")


@pytest.fixture
def timm_on_the_hub(hub: HubServer, tmp_path: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Random stand-ins for timm's repositories of the reference, without the classifiers; by the registry's names."""
    published = {}
    encoders = build("hybrid-vgg16-resnet50v2").encoders
    for entry in backbones_of("hybrid-vgg16-resnet50v2"):
        published[entry.name] = encoders[entry.encoder].network.state_dict()
        save_file(published[entry.name], tmp_path / "model.safetensors")
        files = {"model.safetensors": (tmp_path / "model.safetensors").read_bytes(), "pytorch_model.bin": b"x"}
        hub.add(entry.repo, files)
    return published


def test_backbones_are_pulled_on_first_use(hub: HubServer, timm_on_the_hub: dict[str, dict[str, torch.Tensor]]):
    seen: list[Progress] = []
    network = network_with_backbones("hybrid-vgg16-resnet50v2", ["hub"], seen.append)
    assert {name: magnitude(network.encoders[name].network.state_dict()) for name in ("vgg16", "resnet50v2")} == {
        "vgg16": magnitude(timm_on_the_hub["vgg16.tv_in1k"]),
        "resnet50v2": magnitude(timm_on_the_hub["resnetv2_50.a1h_in1k"]),
    }
    assert {progress.what for progress in seen} == {
        "pulling vgg16.tv_in1k (kB)",
        "pulling resnetv2_50.a1h_in1k (kB)",
    }
    assert seen[-1].done == seen[-1].total > 94_000
    assert len(hub.requests) == 6  # of each the revision, the address, the file
    hub.requests.clear()
    for entry in backbones_of("hybrid-vgg16-resnet50v2"):
        pull_backbone(entry, seen.append)
    assert hub.requests == []


def test_the_embedded_presets_backbone(hub: HubServer, tmp_path: Path):
    (entry,) = backbones_of("hybrid-lite")
    whole = timm.create_model(LITE).state_dict()
    save_file(whole, tmp_path / "model.safetensors")
    hub.add(entry.repo, {"model.safetensors": (tmp_path / "model.safetensors").read_bytes()})
    network = network_with_backbones("hybrid-lite", ["hub"])
    for name, tensor in network.encoders["semantic"].network.state_dict().items():
        torch.testing.assert_close(tensor, whole[name])


def magnitude(tensors: dict[str, torch.Tensor]) -> float:
    return sum(float(tensor.double().abs().sum()) for tensor in tensors.values())


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch, hub: HubServer):
    with pytest.raises(WeightsError, match=r"no such repository(.|\n)*--backbone-weights vgg16=FILE"):
        network_with_backbones("hybrid-vgg16-resnet50v2", ["hub"])


def test_a_preset_without_weights_is_trained_anew():
    assert starts_anew("hybrid-vgg16-resnet50v2", None, False)
    assert starts_anew(None, None, True)
    assert not starts_anew("hybrid-lite", None, False)
    assert not starts_anew("hybrid-vgg16-resnet50v2", "weights/reference", False)
    assert not starts_anew(None, None, False)


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
        load_backbone(encoder, tmp_path / "none.safetensors")
    (tmp_path / "text.safetensors").write_text("weights that are none")
    with pytest.raises(WeightsError, match="is no safetensors file"):
        load_backbone(encoder, tmp_path / "text.safetensors")
    (tmp_path / "cut.safetensors").write_bytes((20).to_bytes(8, "little") + b"{" + b" " * 30)
    with pytest.raises(WeightsError, match="no tensors that can be read"):
        load_backbone(encoder, tmp_path / "cut.safetensors")
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
