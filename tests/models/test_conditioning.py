import torch

from colorizer_cli.models.conditioning import pool_hints


def test_a_cell_gets_the_mean_of_its_hinted_pixels():
    hints = torch.zeros(1, 3, 8, 8)
    hints[0, :, 0, 0] = torch.tensor([55.0, -22.0, 1.0])
    hints[0, :, 1, 2] = torch.tensor([11.0, 0.0, 1.0])
    pooled = pool_hints(hints, 4)
    torch.testing.assert_close(pooled[0, :, 0, 0], torch.tensor([0.3, -0.1, 1.0]))
    assert not pooled[0, :, 1].any()
    assert not pooled[0, :, :, 1].any()
