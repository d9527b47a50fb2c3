"""A learned factor per channel."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ChannelScale(nn.Module):
    """x times a factor per channel; (N, C, H, W) or (N, C)."""

    def __init__(self, channels: int, initial: float):
        super().__init__()
        self.channels = channels
        self.initial = initial
        self.factor = nn.Parameter(torch.full((channels,), initial))

    def forward(self, x: Tensor) -> Tensor:
        # In the type of the map: a float32 factor would make a bfloat16 map a float32 one.
        factor = self.factor.to(x.dtype)
        return x * factor.view(-1, *(1,) * (x.ndim - 2))
