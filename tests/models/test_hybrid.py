import pytest
import torch

from colorizer_cli.models.hybrid import PRESETS, HybridUNet, build

SIZES = [(32, 32), (64, 64), (128, 128), (256, 256), (96, 160), (100, 75), (33, 130)]
EXPECTED = {"hybrid-lite": (259, 4), "hybrid-vgg16-resnet50v2": (2, 1)}  # output channels, stride


@pytest.fixture(scope="module", params=list(PRESETS))
def preset(request: pytest.FixtureRequest) -> tuple[str, HybridUNet]:
    torch.manual_seed(0)
    return request.param, build(request.param).eval()


@pytest.mark.parametrize("size", SIZES)
def test_forward_at_every_size(preset: tuple[str, HybridUNet], size: tuple[int, int]):
    name, network = preset
    channels, stride = EXPECTED[name]
    with torch.inference_mode():
        colour = network(torch.rand(2, 1, *size))
    assert colour.shape == (2, channels, -(-size[0] // stride), -(-size[1] // stride))
    assert torch.isfinite(colour).all()


def test_padding_does_not_squash(preset: tuple[str, HybridUNet]):
    """What lies beyond the photo's edge is its last row and column, repeated."""
    _, network = preset
    gray = torch.rand(1, 1, 50, 70)
    padded = torch.nn.functional.pad(gray, (0, 26, 0, 14), mode="replicate")
    with torch.inference_mode():
        small, large = network(gray), network(padded)
    torch.testing.assert_close(small, large[..., : small.shape[-2], : small.shape[-1]], atol=1e-4, rtol=1e-4)


def test_reference_design():
    network = build("hybrid-vgg16-resnet50v2").train()
    assert not any(parameter.requires_grad for parameter in network.encoders.parameters())
    assert not any(module.training for module in network.encoders.modules() if module is not network.encoders)
    assert len(network.decoder.levels) == 5
    gray = torch.rand(2, 1, 64, 64)
    before = {name: tensor.clone() for name, tensor in network.encoders.state_dict().items()}
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=1e-3)
    target = torch.rand(2, 2, 64, 64) * 40 - 20
    losses = []
    for _ in range(8):
        loss = ((network(gray) - target) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    for name, tensor in network.encoders.state_dict().items():
        assert torch.equal(tensor, before[name]), f"{name} changed in a frozen encoder"
    with torch.inference_mode():
        colour = network(gray)
    assert colour.min() >= -128
    assert colour.max() <= 127


def test_reference_takes_no_hints():
    with pytest.raises(TypeError, match="without hints"):
        build("hybrid-vgg16-resnet50v2")(torch.rand(1, 1, 32, 32), torch.zeros(1, 3, 32, 32))


def test_lite_has_six_million_parameters():
    assert 6.0e6 < sum(parameter.numel() for parameter in build("hybrid-lite").parameters()) < 6.2e6


def test_hints_matter_where_they_are_and_none_equals_zeros():
    torch.manual_seed(0)
    network = build("hybrid-lite").eval()
    gray = torch.rand(1, 1, 128, 128)
    hints = torch.zeros(1, 3, 128, 128)
    with torch.inference_mode():
        plain, zeros = network(gray), network(gray, hints)
        hints[:, :2, 60:68, 60:68], hints[:, 2, 60:68, 60:68] = 60.0, 1.0
        hinted = network(gray, hints)
    torch.testing.assert_close(plain, zeros)
    change = (hinted - plain).abs().mean(1)[0]
    assert change[15:17, 15:17].mean() > 5 * change[0, 0]


def test_a_fresh_palette_input_has_no_influence():
    network = build("hybrid-lite").eval()
    gray = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(network(gray), network(gray, None, torch.rand(1, 260)))


def test_unknown_preset_names_the_known_ones():
    with pytest.raises(KeyError, match="hybrid-lite"):
        build("nope")
