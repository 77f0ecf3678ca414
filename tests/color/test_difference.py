import numpy as np
from skimage.color import deltaE_ciede2000

from colorizer_cli.color.difference import ciede2000


def test_ciede2000_equals_scikit_image():
    rng = np.random.default_rng(0)
    first, second = (rng.uniform([0, -100, -100], [100, 100, 100], (20000, 3)) for _ in range(2))
    np.testing.assert_allclose(ciede2000(first, second), deltaE_ciede2000(first, second), atol=1e-9)


def test_gray_against_colour_and_against_itself():
    gray, red = np.array([[50.0, 0, 0]]), np.array([[50.0, 60, 20]])
    np.testing.assert_allclose(ciede2000(gray, red), deltaE_ciede2000(gray, red))
    assert ciede2000(red, red) == 0


def test_a_pair_of_the_paper():
    """Pair 1 of the table in Sharma, Wu and Dalal."""
    found = ciede2000(np.array([50.0, 2.6772, -79.7751]), np.array([50.0, 0.0, -82.7485]))
    np.testing.assert_allclose(found, 2.0425, atol=5e-5)
