"""Anti-aliased subsampling."""

from __future__ import annotations

from math import comb

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class BlurPool(nn.Module):
    """A fixed binomial filter per channel, then a stride (https://arxiv.org/abs/1904.11486).

    (N, C, H, W) -> (N, C, H', W'). `pads` are the zeros at the left, right, top and bottom;
    negative where an end of the map is not used.
    """

    filter: Tensor

    def __init__(
        self,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        pads: tuple[int, int, int, int],
    ):
        super().__init__()
        self.kernel = kernel
        self.stride = stride
        self.pads = pads
        rows, columns = (_binomial(size) for size in kernel)
        self.register_buffer("filter", torch.outer(rows, columns), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        weight = self.filter.to(x.dtype).expand(channels, 1, -1, -1)
        return F.conv2d(F.pad(x, self.pads), weight, stride=self.stride, groups=channels)


def _binomial(size: int) -> Tensor:
    row = torch.tensor([comb(size - 1, place) / 2 ** (size - 1) for place in range(size)])
    return row.to(torch.get_default_dtype())
