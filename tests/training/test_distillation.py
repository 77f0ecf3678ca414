"""A teacher's answers: the network's own, at other sizes and mirrored back; runs that learn from them."""

from pathlib import Path

import pytest
import torch

from colorizer_cli.errors import TrainingError
from colorizer_cli.models.hybrid import HybridUNet, build
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.distillation import SIZES, Teacher, _resized_hints
from colorizer_cli.training.initial import load_initial
from colorizer_cli.training.loop import Recipe, Run
from colorizer_cli.training.stages import Stage
from colorizer_cli.weights.registry import find_weights

SIZE = 64


@pytest.fixture
def network() -> HybridUNet:
    """The embedded weights: a random network answers the same to everything."""
    network = build("hybrid-lite").eval()
    load_initial(network, find_weights(None).path)
    return network


def conditions(network: HybridUNet) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Random gray, one hint on the left, no palette."""
    torch.manual_seed(0)
    hints = torch.zeros(2, 3, SIZE, SIZE)
    hints[:, :, 20:30, 4:14] = torch.tensor([40.0, -30.0, 1.0])[:, None, None]
    return torch.rand(2, 1, SIZE, SIZE), hints, torch.zeros(2, network.palette.in_features)


def test_an_answer_is_that_of_the_mirrored_photo_mirrored_back(network: HybridUNet):
    gray, hints, palette = conditions(network)
    found = Teacher(network, [SIZE])(gray, hints, palette, 0)
    with torch.no_grad():
        expected = network(gray.flip(-1), hints.flip(-1), palette).softmax(1).flip(-1)
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, found.flip(-1), atol=0.01)


@pytest.mark.parametrize("size", [32, 96, 160])
def test_a_hint_of_one_pixel_is_seen_at_every_size(size: int):
    hints = torch.zeros(1, 3, SIZE, SIZE)
    hints[0, :, 21, 13] = torch.tensor([40.0, -30.0, 1.0])
    seen = _resized_hints(hints, size)
    there = seen[0, 2] > 0
    assert 1 <= there.sum() <= 9
    assert set(seen[0, 2].unique().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(seen[0, :2, there], torch.tensor([[40.0], [-30.0]]).expand(2, int(there.sum())))


def test_answers_of_all_sizes_lie_on_the_students_grid(network: HybridUNet):
    teacher = Teacher(network)
    answers = [teacher(*conditions(network), step) for step in range(len(SIZES))]
    for answer in answers:
        assert answer.shape == (2, 259, SIZE // 4, SIZE // 4)
        torch.testing.assert_close(answer.sum(1), torch.ones(2, SIZE // 4, SIZE // 4))
    assert not torch.allclose(answers[0], answers[1], atol=0.01)


def test_a_network_that_learns_from_itself_alone_stays_nearer_to_itself(cache: PhotoCache, tmp_path: Path):
    """And the teacher stays as it is."""
    moved = {}
    for share in (0.0, 1.0):
        torch.manual_seed(0)
        student, teacher = build("hybrid-lite"), build("hybrid-lite")
        teacher.load_state_dict(student.state_dict())
        first = {name: tensor.clone() for name, tensor in student.state_dict().items()}
        recipe = Recipe([Stage(SIZE, 24, 4)], workers=0, keep_statistics=True, expectation=1.0, distillation=share)
        Run(student, recipe, cache, {}, tmp_path / str(share), teacher=teacher).train()
        with torch.no_grad():
            gray, hints, palette = conditions(student)
            answer, before = student.eval()(gray, hints, palette), teacher(gray, hints, palette)
        moved[share] = float((answer.softmax(1) - before.softmax(1)).abs().sum())
        assert all(torch.equal(tensor, first[name]) for name, tensor in teacher.state_dict().items())
    assert moved[1.0] < moved[0.0] / 2


def test_the_reference_network_has_nothing_to_learn_from_a_teacher(cache: PhotoCache, tmp_path: Path):
    network = build("hybrid-vgg16-resnet50v2")
    with pytest.raises(TrainingError, match="distribution"):
        Run(network, Recipe([Stage(32, 8, 4)]), cache, {}, tmp_path, teacher=network)
