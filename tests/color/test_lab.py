import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color

from colorizer_cli.color import lab

RGB = np.random.default_rng(0).random((2000, 3))


def test_srgb_to_lab_agrees_with_scikit_image():
    np.testing.assert_allclose(lab.srgb_to_lab(RGB), color.rgb2lab(RGB), atol=0.02)


def test_lab_to_linear_inverts():
    np.testing.assert_allclose(lab.linear_to_srgb(lab.lab_to_linear(lab.srgb_to_lab(RGB))), RGB, atol=1e-6)


def test_float32_stays_float32_and_accurate():
    single = lab.srgb_to_lab(RGB.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, lab.srgb_to_lab(RGB), atol=2e-3)


def test_gray_has_no_chroma():
    gray = np.repeat(np.linspace(0, 1, 256)[:, None], 3, axis=1)
    np.testing.assert_allclose(lab.srgb_to_lab(gray)[:, 1:], 0, atol=1e-10)


@given(st.floats(0, 100))
@settings(max_examples=200)
def test_lightness_round_trip(lightness: float):
    value = np.array([lightness])
    np.testing.assert_allclose(lab.luminance_to_lightness(lab.lightness_to_luminance(value)), value, atol=1e-9)


def test_expand_inverts_compress_across_the_toe():
    relative = np.linspace(0, 0.05, 1001)
    np.testing.assert_allclose(lab.expand(lab.compress(relative)), relative, atol=1e-12)
