"""Squeeze-and-excitation."""

from __future__ import annotations

from torch import Tensor, nn


class SqueezeExcitation(nn.Module):
    """x times gate(expand(act(squeeze(mean of x)))), one gate per channel; (N, C, H, W)."""

    def __init__(self, channels: int, squeezed: int, act: nn.Module, gate: nn.Module):
        super().__init__()
        self.squeeze = nn.Linear(channels, squeezed)
        self.act = act
        self.expand = nn.Linear(squeezed, channels)
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        gates: Tensor = self.gate(self.expand(self.act(self.squeeze(x.mean((2, 3))))))
        return x * gates[:, :, None, None]
