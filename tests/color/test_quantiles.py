import subprocess
import sys

import numpy as np
import pytest

from colorizer_cli.color.quantiles import median, quantile


@pytest.mark.parametrize("share", [0, 0.005, 0.03, 0.5, 0.9, 0.97, 1])
@pytest.mark.parametrize("shape", [(1,), (2,), (100,), (1001,), (57, 2), (3, 4, 5)])
def test_as_numpy_has_them(share: float, shape: tuple[int, ...]):
    values = np.random.default_rng(0).normal(0, 10, shape).astype(np.float32)
    found = quantile(values, share)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.quantile(values, share, axis=0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(median(values), np.median(values, axis=0), rtol=1e-5, atol=1e-5)


def test_numpy_ma_is_not_imported():
    program = (
        "import sys; import numpy as np; from colorizer_cli.color.quantiles import quantile;"
        "quantile(np.arange(9.0), 0.3); print('numpy.ma' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "False"
