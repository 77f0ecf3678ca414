import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.color.decoding import confidence, decode

BINS = gamut_bins()
RNG = np.random.default_rng(0)
PRIOR = RNG.dirichlet(np.ones(len(BINS))).astype(np.float32)
LOGITS = RNG.normal(0, 3, (len(BINS), 5, 7)).astype(np.float32)


def test_vividness_zero_is_the_expected_colour():
    expected = np.einsum("khw,kc->chw", softmax(LOGITS, axis=0), BINS)
    np.testing.assert_allclose(decode(LOGITS, BINS, PRIOR, 0), expected, atol=1e-3)


@pytest.mark.parametrize("vividness", [0.3, 1.0])
def test_vividness_sharpens_divides_by_the_prior_and_is_bolder_where_the_network_is_unsure(vividness: float):
    scores = (LOGITS - 0.2 * vividness * np.log(np.maximum(PRIOR, 1e-5))[:, None, None]) / (1 - 0.16 * vividness)
    expected = np.einsum("khw,kc->chw", softmax(scores, axis=0), BINS)
    expected *= 1 + 1.2 * vividness * np.clip(1 - confidence(LOGITS) / 0.8, 0, 1)
    np.testing.assert_allclose(decode(LOGITS, BINS, PRIOR, vividness), expected, atol=1e-3)


def test_a_sure_colour_is_left_as_it_is():
    """What the user has hinted at is not made bolder than the hint."""
    logits = np.zeros((len(BINS), 1, 1), np.float32)
    logits[100] = 30
    for vividness in (0, 0.5, 1):
        np.testing.assert_allclose(decode(logits, BINS, PRIOR, vividness)[:, 0, 0], BINS[100], atol=0.1)


def test_input_is_not_changed():
    before = LOGITS.copy()
    decode(LOGITS, BINS, PRIOR, 0.5)
    np.testing.assert_array_equal(LOGITS, before)


def test_confidence_is_one_minus_normalised_entropy():
    expected = 1 - entropy(softmax(LOGITS, axis=0), axis=0) / np.log(len(BINS))
    np.testing.assert_allclose(confidence(LOGITS), expected, atol=1e-4)
