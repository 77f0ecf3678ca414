"""What a step leaves out of the network: something in training, nothing afterwards."""

import torch

from colorizer_cli.models.hybrid import build
from colorizer_cli.training.regularization import drop_in_training, seed_dropping


def test_dropping_changes_training_and_not_the_trained_network():
    torch.manual_seed(0)
    network = build("hybrid-lite").eval()
    gray = torch.rand(2, 1, 64, 64)
    with torch.inference_mode():
        before = network(gray)
        names = list(network.state_dict())
        for dropping in ({"paths": 0.5, "bottleneck": 0.0}, {"paths": 0.0, "bottleneck": 0.5}):
            drop_in_training(network, **dropping)
            assert list(network.state_dict()) == names
            assert torch.equal(network(gray), before)
            for module in network.train().modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    module.eval()
            assert not torch.equal(network(gray), before)
            network.eval()


def test_frozen_encoders_are_left_whole():
    network = build("hybrid-vgg16-resnet50v2")
    drop_in_training(network, paths=0.5, bottleneck=0)
    assert not any(getattr(module, "drop_prob", 0) for module in network.modules())


def test_what_is_dropped_depends_on_seed_step_and_process():
    def drawn(*place: int) -> float:
        seed_dropping(*place)
        return float(torch.rand(1))

    assert drawn(1, 2, 0) == drawn(1, 2, 0)
    assert len({drawn(1, 2, 0), drawn(2, 2, 0), drawn(1, 3, 0), drawn(1, 2, 1)}) == 4
