"""What every pixel goes through, checked against CIELAB computed in float64."""

import numpy as np
import pytest

from colorizer_cli.color import lab
from colorizer_cli.color.chroma_field import ChromaField
from colorizer_cli.color.compiled import library
from colorizer_cli.color.native import NativeRenderer
from colorizer_cli.color.rendering import StripRenderer

Kind = type[StripRenderer] | type[NativeRenderer]


@pytest.fixture(params=[StripRenderer, NativeRenderer])
def kind(request: pytest.FixtureRequest) -> Kind:
    if request.param is NativeRenderer and library() is None:
        pytest.skip("not compiled: no C compiler was found at the installation")
    return request.param


def uniform(a: float, b: float) -> np.ndarray:
    """Coefficients of a field that adds the same a and b everywhere."""
    values = np.array([1, a / 500, 1, -b / 200], np.float32)
    return np.broadcast_to(values[:, None, None], (4, 8, 8)).copy()


def coloured(kind: Kind, a: float, b: float, bits: int, gray: np.ndarray) -> np.ndarray:
    """Lab of a gray row, coloured."""
    rgb = kind(uniform(a, b), gray.shape[1], gray.shape[0], bits)(gray, 0)
    return lab.srgb_to_lab(rgb / (2.0**bits - 1))


def ramp(bits: int) -> np.ndarray:
    return np.arange(0, 2**bits, 1 if bits == 8 else 16, dtype=f"uint{bits}")[None]


@pytest.mark.parametrize("hue", range(0, 360, 30))
@pytest.mark.parametrize(("bits", "limit"), [(8, 0.5), (16, 0.05)])
def test_vivid_ramps_keep_lightness_and_hue(kind: Kind, hue: int, bits: int, limit: float):
    angle = np.radians(hue)
    gray = ramp(16) if bits == 16 else ramp(8)
    found = coloured(kind, 60 * np.cos(angle), 60 * np.sin(angle), bits, gray)
    lightness = lab.gray_to_lightness(gray / np.iinfo(gray.dtype).max)
    assert np.percentile(np.abs(found[..., 0] - lightness), 99.9) <= limit
    if bits == 16:  # in 8 bits the rounding of dark colours turns their hue further than that
        visible = np.hypot(found[..., 1], found[..., 2]) > 2
        shift = np.angle(np.exp(1j * (np.arctan2(found[..., 2], found[..., 1]) - angle)))[visible]
        assert visible.mean() > 0.9
        assert np.degrees(np.abs(shift)).max() < 1


@pytest.mark.parametrize("bits_in", [8, 16])
@pytest.mark.parametrize("bits_out", [8, 16])
def test_no_colour_changes_nothing(kind: Kind, bits_in: int, bits_out: int):
    gray = ramp(bits_in)
    rgb = kind(uniform(0, 0), gray.shape[1], 1, bits_out)(gray, 0).astype(int)
    assert (np.ptp(rgb, axis=-1) == 0).all()
    expected = np.rint(gray.astype(np.float64) * (2**bits_out - 1) / (2**bits_in - 1))
    # a level that lies halfway between two of fewer bits may be rounded either way
    assert np.abs(rgb[..., 0] - expected).max() <= (1 if bits_in > bits_out else 0)


def test_colours_inside_the_gamut_come_out_as_they_are_meant(kind: Kind):
    colours = lab.linear_to_lab(np.random.default_rng(0).uniform(0.05, 0.9, (40, 3)))
    for lightness, a, b in colours:
        level = lab.linear_to_srgb(lab.lightness_to_luminance(np.array(lightness)))
        gray = np.full((1, 8), np.rint(level * 65535), np.uint16)
        np.testing.assert_allclose(coloured(kind, a, b, 16, gray)[0, 0], (lightness, a, b), atol=0.05)


def test_strips_of_any_height_and_two_threads_share_nothing(kind: Kind):
    from concurrent.futures import ThreadPoolExecutor

    rng = np.random.default_rng(1)
    lightness = rng.uniform(20, 80, (24, 36)).astype(np.float32)
    chroma = ChromaField.fit(lightness, rng.normal(0, 20, (2, 6, 9)).astype(np.float32), 4)
    render = kind(chroma.coefficients, 300, 210, 8)
    gray = rng.integers(0, 256, (210, 300), dtype=np.uint8)
    alone = [render(gray[top : top + 30], top) for top in range(0, 210, 30)]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(20):
            together = list(pool.map(lambda top: render(gray[top : top + 30], top), range(0, 210, 30)))
            np.testing.assert_array_equal(np.concatenate(together), np.concatenate(alone))
