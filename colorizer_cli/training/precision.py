"""The number format of the forward pass, and what must stay out of the narrow one on a CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch.overrides import TorchFunctionMode

Precision = Literal["auto", "float32", "bfloat16"]

_GROUPS = 6  # its place among conv2d's arguments


class DepthwiseInFloat32(TorchFunctionMode):
    """Within it, grouped convolutions run in float32, whatever autocast on the CPU says.

    Their backward pass in bfloat16 falls back to reference code there: 13 to 36 ms instead of 0.2 to 4 for a layer of
    EfficientNet-Lite0 at 96 px, batch 32 (torch 2.14, oneDNN, AVX512-BF16), a third of a training step in all.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.conv2d:
            groups = args[_GROUPS] if len(args) > _GROUPS else kwargs.get("groups", 1)
            if groups > 1:
                with torch.autocast("cpu", enabled=False):
                    return func(args[0].float(), *args[1:], **kwargs)
        return func(*args, **kwargs)
