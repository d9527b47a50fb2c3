"""Gates for the channels of a map, from their means and maxima or from their neighbours."""

from __future__ import annotations

from torch import Tensor, nn

from autocnn.network.modules.global_pool import spatial_max, spatial_mean


class ChannelGate(nn.Module):
    """x times gate(f(mean of x) + f(maximum of x)) with f = expand(act(squeeze)).

    (N, C, H, W) -> (N, C, H, W), one gate per channel; https://arxiv.org/abs/1807.06521
    """

    def __init__(self, channels: int, squeezed: int, act: nn.Module, gate: nn.Module):
        super().__init__()
        self.channels = channels
        self.squeezed = squeezed
        self.squeeze = nn.Linear(channels, squeezed)
        self.act = act
        self.expand = nn.Linear(squeezed, channels)
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        seen = (spatial_mean(x), spatial_max(x))
        mean, most = (self.expand(self.act(self.squeeze(y))) for y in seen)
        gates: Tensor = self.gate(mean + most)
        return x * gates[:, :, None, None]


class NeighbourGate(nn.Module):
    """x times gate(a convolution along the channels of the mean of x), one gate per channel.

    (N, C, H, W) -> (N, C, H, W); https://arxiv.org/abs/1910.03151
    """

    def __init__(self, kernel: int, gate: nn.Module):
        super().__init__()
        self.kernel = kernel
        self.conv = nn.Conv1d(1, 1, kernel, padding=kernel // 2, bias=False)
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        gates: Tensor = self.gate(self.conv(spatial_mean(x)[:, None, :]))  # (N, 1, C)
        return x * gates[:, 0, :, None, None]
