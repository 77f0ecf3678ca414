import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.training.loss import LIMIT, NEIGHBOURS, SIGMA, DistributionLoss, l2

BINS = gamut_bins()


def test_distribution_loss_against_numpy():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (2, 259, 3, 4)).astype(np.float32)
    ab = rng.integers(-60, 60, (2, 2, 3, 4)).astype(np.float32)
    expected = []
    for n in range(2):
        for y in range(3):
            for x in range(4):
                distance = np.linalg.norm(BINS - ab[n, :, y, x], axis=1)
                nearest = np.argsort(distance, kind="stable")[:NEIGHBOURS]
                weights = np.exp(-(distance[nearest] ** 2) / (2 * SIGMA**2))
                weights /= weights.sum()
                expected.append(-(weights * log_softmax(logits[n, :, y, x])[nearest]).sum())
    found = DistributionLoss(BINS)(torch.from_numpy(logits), torch.from_numpy(ab))
    np.testing.assert_allclose(
        found, np.mean(expected), rtol=2e-2
    )  # equally distant neighbours may be chosen differently


def test_expectation_term_is_the_squared_error_of_the_mean_colour():
    logits = torch.full((1, 259, 1, 1), -1e4)
    logits[0, 100] = 0
    ab = torch.zeros(1, 2, 1, 1)
    with_term, without = DistributionLoss(BINS, 2.0)(logits, ab), DistributionLoss(BINS)(logits, ab)
    torch.testing.assert_close(
        with_term - without, torch.tensor(2.0 * (BINS[100] ** 2).mean() / 100), rtol=1e-3, atol=0.0
    )


def test_gradient_against_autograd():
    torch.manual_seed(0)
    logits, ab = torch.randn(2, 259, 3, 4, requires_grad=True), torch.randn(2, 2, 3, 4) * 30
    loss = DistributionLoss(BINS, 1.5)
    (found,) = torch.autograd.grad(3 * loss(logits, ab), logits)

    cell = (ab.round() + LIMIT).long()
    cell = cell[:, 0] * 2 * LIMIT + cell[:, 1]
    index, weight = loss.neighbours[cell].permute(0, 3, 1, 2), loss.weights[cell].permute(0, 3, 1, 2)
    mean = torch.einsum("nkhw,kc->nchw", logits.softmax(1), loss.bins)
    plain = -(weight * logits.log_softmax(1).gather(1, index)).sum(1).mean() + 1.5 * ((mean - ab) ** 2).mean() / 100
    torch.testing.assert_close(loss(logits, ab), plain)
    (expected,) = torch.autograd.grad(3 * plain, logits)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_teachers_share_against_autograd(share: float):
    """Cross-entropy against both, in these shares; of the mean colour likewise."""
    torch.manual_seed(0)
    logits, ab = torch.randn(2, 259, 3, 4, requires_grad=True), torch.randn(2, 2, 3, 4) * 30
    taught = (3 * torch.randn(2, 259, 3, 4)).softmax(1)
    loss = DistributionLoss(BINS, 1.5, share)
    (found,) = torch.autograd.grad(loss(logits, ab, taught), logits)

    from_photo = DistributionLoss(BINS)(logits, ab)
    from_teacher = -(taught * logits.log_softmax(1)).sum(1).mean()
    mean, target = (torch.einsum("nkhw,kc->nchw", p, loss.bins) for p in (logits.softmax(1), taught))
    colour = 1.5 * ((mean - (1 - share) * ab - share * target) ** 2).mean() / 100
    plain = (1 - share) * from_photo + share * from_teacher + colour
    torch.testing.assert_close(loss(logits, ab, taught), plain)
    (expected,) = torch.autograd.grad(plain, logits)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-7)


def test_far_outside_the_gamut_labels_are_finite():
    loss = DistributionLoss(BINS)(torch.zeros(1, 259, 1, 1), torch.full((1, 2, 1, 1), -127.0))
    torch.testing.assert_close(loss, torch.tensor(np.log(259.0), dtype=torch.float32))


def test_l2_averages_over_both_channels():
    assert l2(torch.zeros(1, 2, 1, 1), torch.tensor([3.0, 5.0]).view(1, 2, 1, 1)) == 17
