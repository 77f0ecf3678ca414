"""The table of known weights, against what can be found out independently."""

import timm
import torch

from colorizer_cli.models.encoders import TimmEncoder
from colorizer_cli.models.hybrid import PRESETS, build
from colorizer_cli.weights.registry import BY_NAME, DEFAULT, REGISTRY, backbones_of, find_weights, hub_references


def test_the_embedded_weights_come_first():
    assert (REGISTRY[0].name, REGISTRY[0].kind) == (DEFAULT, "embedded")
    assert find_weights(REGISTRY[0].name).config.preset == REGISTRY[0].preset
    assert len(BY_NAME) == len(REGISTRY)


def test_every_preset_has_its_backbones():
    for preset in PRESETS:
        with torch.device("meta"):
            encoders = build(preset).encoders
        pretrained = {name for name, encoder in encoders.items() if isinstance(encoder, TimmEncoder)}
        assert {entry.encoder for entry in backbones_of(preset)} == pretrained
        assert {entry.name for entry in backbones_of(preset)} == set(BY_NAME[preset].backbones)
        for entry in backbones_of(preset):
            with torch.device("meta"):
                network = timm.create_model(entry.name, features_only=True)
            shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
            assert shapes == {n: t.shape for n, t in encoders[str(entry.encoder)].network.state_dict().items()}


def test_repositories_and_licences_are_those_that_timm_names():
    for entry in REGISTRY:
        if entry.kind == "backbone":
            config = timm.get_pretrained_cfg(entry.name)
            assert (config.hf_hub_id, config.license) == (entry.repo, entry.licence)


def test_no_hash_without_a_commit():
    """A branch moves: a hash of its files would be wrong one day."""
    for entry in REGISTRY:
        assert entry.commit is not None or all(file.sha256 is None for file in entry.files)


def test_a_preset_is_its_backbones():
    references = [str(reference) for reference in hub_references("hybrid-vgg16-resnet50v2")]
    assert references == ["hf:timm/vgg16.tv_in1k", "hf:timm/resnetv2_50.a1h_in1k"]
