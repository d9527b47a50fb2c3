"""Pooling by the root of the sum of squares."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class LPPool(nn.Module):
    """(N, C, H, W) -> (N, C, H', W'); unlike torch's, with padding and a gradient at zero."""

    def __init__(
        self,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        padding: tuple[int, int],
        ceil: bool,
    ):
        super().__init__()
        self.kernel, self.stride, self.padding, self.ceil = kernel, stride, padding, ceil

    def forward(self, x: Tensor) -> Tensor:
        total = F.avg_pool2d(
            x * x, self.kernel, self.stride, self.padding, self.ceil, divisor_override=1
        )
        # The root has no gradient at zero: a window of zeros would give NaN.
        return total.clamp_min(1e-12).sqrt()
