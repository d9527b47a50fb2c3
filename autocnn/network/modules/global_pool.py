"""Pooling over the whole map."""

from __future__ import annotations

from torch import Tensor, nn


class GlobalPooling(nn.Module):
    """(N, C, H, W) -> (N, C): mean, maximum, or the mean of both (`avgmax`)."""

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    def extra_repr(self) -> str:
        return self.kind

    def forward(self, x: Tensor) -> Tensor:
        if self.kind == "avg":
            return x.mean((2, 3))
        if self.kind == "max":
            return x.amax((2, 3))
        return (x.mean((2, 3)) + x.amax((2, 3))) / 2
