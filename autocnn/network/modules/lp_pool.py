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
        # Not `divisor_override=1`, which is left out without a word where ONNX is made.
        means = F.avg_pool2d(
            F.pad(x * x, self._beyond(x)) if self.ceil else x * x,
            self.kernel, self.stride, self.padding,
        )  # fmt: skip
        total = means * (self.kernel[0] * self.kernel[1])
        # The root has no gradient at zero: a window of zeros would give NaN.
        return total.clamp_min(1e-12).sqrt()

    def _beyond(self, x: Tensor) -> list[int]:
        """Zeros at the left, right, top and bottom that make the last windows whole."""
        added = []
        for size, kernel, stride, padding in zip(
            x.shape[:1:-1], self.kernel[::-1], self.stride[::-1], self.padding[::-1], strict=True
        ):
            last = -(-(size + 2 * padding - kernel) // stride) * stride
            begins = last < size + padding  # else the window would see zeros only
            added += [0, max(0, last + kernel - size - 2 * padding) if begins else 0]
        return added
