"""The optimizer of a run: Adam for the reference design; AdamW, pretrained layers at a lower rate, for hybrid-lite."""

from __future__ import annotations

import torch
from torch import Tensor

from colorizer_cli.models.heads import RegressionHead
from colorizer_cli.models.hybrid import HybridUNet
from colorizer_cli.training.recipe import Recipe


def create_optimizer(network: HybridUNet, recipe: Recipe, fused: bool = False) -> torch.optim.Optimizer:
    """Over the parameters that take gradients; frozen encoders are left out.

    `fused`: in one kernel, a third of the time on a CPU. It takes gradients and moments to lie in memory as the weights
    do, which gradients from several processes do not.
    """
    pretrained: list[Tensor] = []
    new: list[Tensor] = []
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            (pretrained if name.startswith("encoders.semantic.") else new).append(parameter)
    if isinstance(network.head, RegressionHead):
        return torch.optim.Adam(new, lr=recipe.learning_rate, fused=fused)
    return torch.optim.AdamW(
        [
            {"params": new, "lr": recipe.learning_rate},
            {"params": pretrained, "lr": recipe.encoder_learning_rate},
        ],
        weight_decay=recipe.weight_decay,
        fused=fused,
    )


def set_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Sets every group to `factor` of the rate that it was created with."""
    for group in optimizer.param_groups:
        group["lr"] = group.setdefault("full_lr", group["lr"]) * factor
