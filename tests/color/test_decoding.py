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
def test_vividness_sharpens_and_divides_by_the_prior(vividness: float):
    scores = (LOGITS - 0.5 * vividness * np.log(np.maximum(PRIOR, 1e-5))[:, None, None]) / (1 - 0.4 * vividness)
    expected = np.einsum("khw,kc->chw", softmax(scores, axis=0), BINS)
    np.testing.assert_allclose(decode(LOGITS, BINS, PRIOR, vividness), expected, atol=1e-3)


def test_input_is_not_changed():
    before = LOGITS.copy()
    decode(LOGITS, BINS, PRIOR, 0.5)
    np.testing.assert_array_equal(LOGITS, before)


def test_confidence_is_one_minus_normalised_entropy():
    expected = 1 - entropy(softmax(LOGITS, axis=0), axis=0) / np.log(len(BINS))
    np.testing.assert_allclose(confidence(LOGITS), expected, atol=1e-4)
