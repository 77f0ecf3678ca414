import torch

from colorizer_cli.models.hybrid import build
from colorizer_cli.training.blending import SHARES, USUAL, blend
from colorizer_cli.training.cache import PhotoCache
from colorizer_cli.training.selection import Subset
from colorizer_cli.training.shrunk import Shrunk
from colorizer_cli.training.split import for_choice, held_back


def networks() -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    first, second = build("hybrid-lite").eval(), build("hybrid-lite").eval()
    return first, second.state_dict()


def test_a_blend_lies_between_both(cache: PhotoCache):
    first, tuned = networks()
    blended, share = blend("hybrid-lite", first, tuned, Subset(cache, []))
    assert share == USUAL
    name = "head.logits.weight"
    expected = (1 - share) * first.state_dict()[name] + share * tuned[name]
    torch.testing.assert_close(blended.state_dict()[name], expected)


def test_the_smallest_share_is_taken_where_all_do_alike(cache: PhotoCache):
    first, _ = networks()
    _, share = blend("hybrid-lite", first, first.state_dict(), Shrunk(Subset(cache, range(8)), 32))
    assert share == min(SHARES)


def test_photos_to_choose_on_are_not_those_of_the_verdict():
    generator = torch.Generator().manual_seed(0)
    hashes = [bytes(torch.randint(0, 256, (32,), generator=generator).tolist()).hex() for _ in range(1000)]
    for count in (20, 100, 1000):
        choice = for_choice(hashes[:count])
        assert not choice & held_back(hashes[:count])
        assert len(choice) == 0 or 8 <= len(choice) <= 60
    assert len(for_choice(hashes[:300])) > 15
