import numpy as np
import pytest

from colorizer_cli.color import lab
from colorizer_cli.color.chroma_field import ChromaField

RNG = np.random.default_rng(0)
STRIDE = 4


def field(a: float = 20, b: float = -15) -> ChromaField:
    lightness = RNG.uniform(20, 80, (24, 36)).astype(np.float32)
    ab = np.stack([np.full((6, 9), a), np.full((6, 9), b)]).astype(np.float32)
    return ChromaField.fit(lightness, ab, STRIDE)


@pytest.mark.parametrize(("bits", "limit"), [(8, 0.5), (16, 0.05)])
def test_lightness_of_every_gray_level_survives(bits: int, limit: float):
    dtype = np.uint8 if bits == 8 else np.uint16
    gray = np.linspace(0, 2**bits - 1, 90 * 120).astype(dtype).reshape(90, 120)
    rgb = field().renderer(120, 90, bits)(gray, 0)
    assert rgb.dtype == dtype
    found = lab.srgb_to_lab(rgb / (2**bits - 1))[..., 0]
    assert np.percentile(np.abs(found - lab.gray_to_lightness(gray / (2**bits - 1))), 99.9) <= limit


def test_uniform_colour_stays_uniform():
    gray = np.full((90, 120), 128, np.uint8)
    colours = lab.srgb_to_lab(field().renderer(120, 90, 16)(gray, 0) / 65535)
    np.testing.assert_allclose(colours[..., 1:], np.broadcast_to([20, -15], (90, 120, 2)), atol=0.1)


def test_strips_join_without_a_seam():
    lightness = RNG.uniform(20, 80, (24, 36)).astype(np.float32)
    chroma = ChromaField.fit(lightness, RNG.normal(0, 20, (2, 6, 9)).astype(np.float32), STRIDE)
    gray = RNG.integers(0, 256, (211, 300), dtype=np.uint8)
    render = chroma.renderer(300, 211, 8)
    strips = [render(gray[top : top + 37], top) for top in range(0, 211, 37)]
    # a level of rounding in a pixel here and there: the sums of a matrix product depend on its size
    difference = np.abs(np.concatenate(strips).astype(int) - render(gray, 0))
    assert difference.max() <= 1
    assert difference.astype(bool).mean() < 1e-4


def test_colour_changes_at_the_edge_of_the_photo_and_not_before():
    """A dark and a bright half of two colours: at full resolution the colours meet where the lightness does."""
    lightness = np.where(np.arange(32) < 16, 30.0, 70.0)[None].repeat(32, axis=0).astype(np.float32)
    ab = np.stack([np.where(np.arange(8) < 4, 30.0, -30.0)[None].repeat(8, axis=0)] * 2).astype(np.float32)
    gray = np.where(np.arange(320) < 160, 71, 171)[None].repeat(320, axis=0).astype(np.uint8)
    colours = lab.srgb_to_lab(ChromaField.fit(lightness, ab, STRIDE).renderer(320, 320, 16)(gray, 0) / 65535)
    assert colours[160, 155, 1] > 15
    assert colours[160, 165, 1] < -15


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3)])
def test_smallest_photos(shape: tuple[int, int]):
    lightness = np.full(shape, 50, np.float32)
    chroma = ChromaField.fit(lightness, np.zeros((2, -(-shape[0] // 4), -(-shape[1] // 4)), np.float32), STRIDE)
    out = chroma.renderer(shape[1], shape[0], 8)(np.full(shape, 100, np.uint8), 0)
    np.testing.assert_array_equal(out, 100)
