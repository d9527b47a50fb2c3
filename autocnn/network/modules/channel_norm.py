"""Norms over the channels of each position, for maps and flat features."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ChannelLayerNorm(nn.Module):
    """Layer norm over axis 1 of (N, C, H, W) or (N, C)."""

    def __init__(self, channels: int, eps: float, affine: bool):
        super().__init__()
        self.channels = channels
        self.eps = eps
        self.affine = affine
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        # Channels last: a view for a channels_last map, and so is the way back.
        x = x.movedim(1, -1)
        x = F.layer_norm(x, (self.channels,), self.weight, self.bias, self.eps)
        return x.movedim(-1, 1)


class ChannelRMSNorm(nn.Module):
    """Root-mean-square norm over axis 1 of (N, C, H, W) or (N, C)."""

    def __init__(self, channels: int, eps: float, affine: bool):
        super().__init__()
        self.channels = channels
        self.eps = eps
        self.affine = affine
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        x = F.rms_norm(x.movedim(1, -1), (self.channels,), self.weight, self.eps)
        return x.movedim(-1, 1)
