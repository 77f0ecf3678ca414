"""Dropping parts of the network while it trains, so that it does not learn its photos by heart."""

from __future__ import annotations

import torch
from timm.layers import DropPath
from torch import nn

from colorizer_cli.models.hybrid import HybridUNet


def drop_in_training(network: HybridUNet, paths: float, bottleneck: float) -> None:
    """Sets, in place, what is left out of a training step; a network in evaluation mode is not changed by it.

    paths        stochastic depth (Huang et al. 2016): the chance that a sample skips the last residual block of the
                 pretrained encoders that are not frozen; rises from 0 at the first one, as in EfficientNet's training
    bottleneck   the chance that a sample loses a channel of the bottleneck (Tompson et al. 2015)
    """
    network.dropout.p = bottleneck
    for encoder in network.encoders.values():
        if getattr(encoder, "frozen", False):
            continue
        blocks = [module for module in encoder.modules() if hasattr(module, "drop_path")]
        for i, block in enumerate(blocks):
            rate = paths * i / len(blocks)
            block.drop_path = (DropPath(rate) if rate else nn.Identity()).train(block.training)


def seed_dropping(seed: int, step: int, process: int) -> None:
    """Makes what a step leaves out a function of its number, so that a resumed run leaves out the same."""
    torch.manual_seed((seed * 1_000_003 + step) * 1_009 + process)
