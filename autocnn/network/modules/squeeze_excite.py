"""Squeeze-and-excitation."""

from __future__ import annotations

from torch import Tensor, nn

from autocnn.network.modules.global_pool import spatial_mean


class SqueezeExcitation(nn.Module):
    """x times gate(expand(act(squeeze(mean of x)))), one gate per channel; (N, C, H, W)."""

    def __init__(self, channels: int, squeezed: int, act: nn.Module, gate: nn.Module):
        super().__init__()
        self.channels = channels
        self.squeezed = squeezed
        self.squeeze = nn.Linear(channels, squeezed)
        self.act = act
        self.expand = nn.Linear(squeezed, channels)
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        gates: Tensor = self.gate(self.expand(self.act(self.squeeze(spatial_mean(x)))))
        return x * gates[:, :, None, None]
