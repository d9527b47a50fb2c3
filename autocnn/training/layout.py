"""Keep the memory layout of gradients where a network turns from maps to features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class _SameLayout(torch.autograd.Function):
    """The identity, whose gradient comes in channels-last layout."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient.contiguous(memory_format=torch.channels_last)


class ChannelsLastFlatten(nn.Flatten):
    """Flatten, with a gradient in the layout of its input.

    Otherwise the gradient comes as rows, and every elementwise operation before it, up to the
    last convolution, takes several times as long for the two layouts that it meets.
    """

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(_SameLayout.apply(x) if x.ndim == 4 else x)  # type: ignore[no-untyped-call]
