"""Anti-aliased subsampling."""

from __future__ import annotations

from math import comb

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from autocnn.network.geometry import pool_size
from autocnn.space.layer import Shape


class BlurPool(nn.Module):
    """A fixed binomial filter per channel, then a stride (https://arxiv.org/abs/1904.11486).

    (N, C, H, W) -> (N, C, H', W') with the zero padding and the sizes of the other pools.
    """

    filter: Tensor

    def __init__(
        self,
        shape: Shape,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        padding: tuple[int, int],
        ceil: bool,
    ):
        super().__init__()
        self.stride = stride
        out = pool_size(shape, kernel, stride, padding, ceil)
        axes = zip(shape[1:], out, kernel, stride, padding, strict=True)
        # What the last window needs beyond the map; negative where the map's end is not used.
        (top, bottom), (left, right) = (
            (pad, (pooled - 1) * step + cover - size - pad)
            for size, pooled, cover, step, pad in axes
        )
        self.pads = (left, right, top, bottom)
        rows, columns = (_binomial(size) for size in kernel)
        self.register_buffer("filter", torch.outer(rows, columns), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        weight = self.filter.to(x.dtype).expand(channels, 1, -1, -1)
        return F.conv2d(F.pad(x, self.pads), weight, stride=self.stride, groups=channels)


def _binomial(size: int) -> Tensor:
    row = torch.tensor([comb(size - 1, place) / 2 ** (size - 1) for place in range(size)])
    return row.to(torch.get_default_dtype())
