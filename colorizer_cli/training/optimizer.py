"""The optimizer of a run: Adam for the reference design; AdamW, pretrained layers at a lower rate, for hybrid-lite."""

from __future__ import annotations

import torch
from torch import Tensor

from colorizer_cli.models.heads import RegressionHead
from colorizer_cli.models.hybrid import HybridUNet
from colorizer_cli.training.recipe import Recipe


def create_optimizer(network: HybridUNet, recipe: Recipe) -> torch.optim.Optimizer:
    """Over the parameters that take gradients; frozen encoders are left out.

    Not the fused kernels: they take gradients and moments to lie in memory as the weights do, which channels_last
    weights with moments from a checkpoint, or gradients from several processes, do not.
    """
    pretrained: list[Tensor] = []
    new: list[Tensor] = []
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            (pretrained if name.startswith("encoders.semantic.") else new).append(parameter)
    if isinstance(network.head, RegressionHead):
        return torch.optim.Adam(new, lr=recipe.learning_rate)
    return torch.optim.AdamW(
        [
            {"params": new, "lr": recipe.learning_rate},
            {"params": pretrained, "lr": recipe.encoder_learning_rate},
        ],
        weight_decay=recipe.weight_decay,
    )


def set_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Sets every group to `factor` of the rate that it was created with."""
    for group in optimizer.param_groups:
        group["lr"] = group.setdefault("full_lr", group["lr"]) * factor
