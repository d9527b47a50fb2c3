"""A gate for each position of a map."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SpatialGate(nn.Module):
    """x times gate(norm(conv(mean and maximum over channels))), one gate per position.

    (N, C, H, W) -> (N, C, H, W); https://arxiv.org/abs/1807.06521
    """

    def __init__(self, kernel: int, norm: nn.Module | None, gate: nn.Module):
        super().__init__()
        self.kernel = kernel
        self.conv = nn.Conv2d(2, 1, kernel, padding=kernel // 2, bias=False)
        self.norm = norm
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        y = torch.cat((x.mean(1, keepdim=True), x.amax(1, keepdim=True)), dim=1)  # (N, 2, H, W)
        y = self.conv(y)
        if self.norm is not None:
            y = self.norm(y)
        gates: Tensor = self.gate(y)
        return x * gates
