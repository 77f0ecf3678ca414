"""Half-way back to the first weights: what keeps most of what was gained and forgets less of what was known.

Source: Wortsman et al., "Robust fine-tuning of zero-shot models" (CVPR 2022): weights interpolated between both ends.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from colorizer_cli.color.bins import gamut_bins
from colorizer_cli.models.hybrid import PRESETS, HybridUNet
from colorizer_cli.training.cache import Photos
from colorizer_cli.training.validation import validate

SHARES = (0.4, 0.6, 0.8, 1.0)  # of the tuned weights
ALLOWED = 1.01  # times the lowest error: less than that is not worth forgetting for
USUAL = 0.6  # with no photos to choose on


def blend(preset: str, first: HybridUNet, tuned: Mapping[str, Tensor], photos: Photos) -> tuple[HybridUNet, float]:
    """→ (the blended network, the share of `tuned` in it).

    The share is the smallest whose a/b squared error on `photos`, which are neither trained on nor part of the
    verdict, is within 1 % of the lowest.
    """
    shares = SHARES if len(photos) else (USUAL,)
    networks = {share: interpolated(preset, first.state_dict(), tuned, share) for share in shares}
    if len(networks) == 1:
        return networks[USUAL], USUAL
    bins = gamut_bins() if first.conditioned else None
    errors = {share: validate(network, photos, bins)["ab_mse"] for share, network in networks.items()}
    chosen = min(share for share, error in errors.items() if error <= ALLOWED * min(errors.values()))
    return networks[chosen], chosen


def interpolated(preset: str, first: Mapping[str, Tensor], tuned: Mapping[str, Tensor], share: float) -> HybridUNet:
    """The network with `share` of `tuned` and the rest of `first` in each of its weights, in evaluation mode."""
    network = PRESETS[preset]()
    network.load_state_dict(
        {
            name: start.cpu().lerp(tuned[name].cpu(), share) if start.is_floating_point() else start
            for name, start in first.items()
        }
    )
    return network.eval()
