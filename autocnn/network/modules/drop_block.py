"""Dropout of whole patches of a map."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class DropBlock(nn.Module):
    """In training, zero patches of `size` x `size` in each channel, about a share `rate` of it.

    What is left is scaled up to the same sum of weights; (N, C, H, W) -> (N, C, H, W). Patches
    are cut to the map where that is smaller. https://arxiv.org/abs/1810.12890
    """

    def __init__(self, rate: float, size: int):
        super().__init__()
        self.rate = rate
        self.size = size

    def extra_repr(self) -> str:
        return f"rate={self.rate}, size={self.size}"

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        if not self.training or self.rate == 0:
            return x
        tall, wide = min(self.size, height), min(self.size, width)
        rows, columns = height - tall + 1, width - wide + 1  # where a whole patch fits
        share = min(1.0, self.rate * height * width / (tall * wide * rows * columns))
        seeds = x.new_empty(x.shape[0], x.shape[1], rows, columns).bernoulli_(share)
        around = (wide - 1, wide - 1, tall - 1, tall - 1)
        kept = 1 - F.max_pool2d(F.pad(seeds, around), (tall, wide), stride=1)  # (N, C, H, W)
        return x * kept * (kept.numel() / kept.sum(dtype=torch.float32).clamp_min(1))
