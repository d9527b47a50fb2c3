"""Batch norm, with the ReLU after it, in two passes over a map.

Sums are taken in float32 over blocks of lines and in float64 over the blocks, around the first
value of each channel, so that a large mean does no harm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import relu

from autocnn.training.kernels import Bits, bits, compiled, fits, rounded, value

LINE = 1024
"""About so many values, of whole rows, make the inner loop: long enough to hide its beginning."""

BLOCK = 64
"""Lines summed in float32 at a time."""


class FastBatchNorm2d(nn.BatchNorm2d):
    """`nn.BatchNorm2d` by these loops where they fit the input, with a ReLU if `rectified`."""

    rectified: bool = False

    def forward(self, x: Tensor) -> Tensor:
        if not (fits(x) and self._is_usual(x)):
            y = super().forward(x)
            return relu(y) if self.rectified else y
        if not self.training:
            return self._scaled(x)
        normed: Tensor
        normed, mean, variance = _BatchNorm.apply(  # type: ignore[no-untyped-call]
            x, self.weight, self.bias, self.eps, self.rectified
        )
        self._follow(mean, variance)
        return normed

    def _is_usual(self, x: Tensor) -> bool:
        """Whether the norm has gains, offsets and running statistics, and x values to spare."""
        if self.training:
            usual = x.numel() > x.shape[1] and self.momentum is not None
        else:
            usual = not torch.is_grad_enabled()
        return usual and self.affine and self.running_mean is not None

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of this batch."""
        with torch.no_grad():
            self.num_batches_tracked.add_(1)  # type: ignore[union-attr]
            self.running_mean.lerp_(mean, self.momentum)  # type: ignore[union-attr, arg-type]
            self.running_var.lerp_(variance, self.momentum)  # type: ignore[union-attr, arg-type]

    def _scaled(self, x: Tensor) -> Tensor:
        gain = self.weight * torch.rsqrt(self.running_var + self.eps)  # type: ignore[operator, arg-type]
        offset = self.bias - self.running_mean * gain  # type: ignore[operator]
        y = torch.empty_like(x)
        _scale(_flat(x), _flat(y), gain.numpy(), offset.numpy(), self.rectified)
        return y


def _flat(x: Tensor) -> Bits:
    return bits(x).reshape(-1)


class _BatchNorm(torch.autograd.Function):
    """Output, mean and unbiased variance."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, rectified: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        rows, channels = x.numel() // x.shape[1], x.shape[1]
        mean, variance = torch.empty(channels), torch.empty(channels)
        _moments(_flat(x), mean.numpy(), variance.numpy())
        inverse = torch.rsqrt(variance + eps)
        gain = weight * inverse
        offset = bias - mean * gain
        y = torch.empty_like(x)
        _scale(_flat(x), _flat(y), gain.numpy(), offset.numpy(), rectified)
        ctx.save_for_backward(x, mean, inverse, gain, offset)
        ctx.rectified = rectified
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance * (rows / (rows - 1))

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, gradient: Tensor, *unused: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, None, None]:
        x, mean, inverse, gain, offset = ctx.saved_tensors
        rows = x.numel() // x.shape[1]
        given = _flat(gradient.contiguous(memory_format=torch.channels_last))
        total, along = torch.empty_like(mean), torch.empty_like(mean)
        fixed = (_flat(x), gain.numpy(), offset.numpy(), ctx.rectified)
        _sums(given, *fixed, mean.numpy(), total.numpy(), along.numpy())
        # gain (g - mean(g) - z mean(g z)) with z = (x - mean) inverse, as a line in x
        slope = -gain * inverse * inverse * along / rows
        level = -gain * total / rows - slope * mean
        out = torch.empty_like(x)
        _backward(given, *fixed, slope.numpy(), level.numpy(), _flat(out))
        return out, along * inverse, total, None, None


@compiled
def _tiled(values, count):  # type: ignore[no-untyped-def]
    """The values `count` times one after the other."""
    out = np.empty(count * len(values), np.float32)
    for i in range(len(out)):
        out[i] = values[i % len(values)]
    return out


@compiled
def _moments(x, mean, variance):  # type: ignore[no-untyped-def]
    channels = len(mean)
    line = channels * max(1, LINE // channels)
    shift = np.empty(line, np.float32)
    for i in range(line):
        shift[i] = value(x[i % channels])
    total, square = np.zeros(channels), np.zeros(channels)
    part, parts = np.empty(line, np.float32), np.empty(line, np.float32)
    for block in range(0, len(x), BLOCK * line):
        part[:] = 0
        parts[:] = 0
        for begin in range(block, min(len(x), block + BLOCK * line), line):
            here = x[begin : begin + line]
            for i in range(len(here)):
                v = value(here[i]) - shift[i]
                part[i] += v
                parts[i] += v * v
        for i in range(line):
            total[i % channels] += part[i]
            square[i % channels] += parts[i]
    rows = len(x) // channels
    for c in range(channels):
        average = total[c] / rows
        mean[c] = shift[c] + average
        variance[c] = max(square[c] / rows - average * average, 0.0)


@compiled
def _scale(x, y, gain, offset, rectified):  # type: ignore[no-untyped-def]
    count = max(1, LINE // len(gain))
    gain, offset = _tiled(gain, count), _tiled(offset, count)
    floor = np.float32(0 if rectified else -np.inf)
    for begin in range(0, len(x), len(gain)):
        here, out = x[begin : begin + len(gain)], y[begin : begin + len(gain)]
        for i in range(len(here)):
            v = value(here[i]) * gain[i] + offset[i]
            out[i] = rounded(floor if v < floor else v)  # a NaN stays


@compiled
def _sums(given, x, gain, offset, rectified, mean, total, along):  # type: ignore[no-untyped-def]
    """The sums of the gradient, where a ReLU lets it through, and of it times x - mean."""
    channels = len(mean)
    count = max(1, LINE // channels)
    line = channels * count
    gain, offset, mean = _tiled(gain, count), _tiled(offset, count), _tiled(mean, count)
    floor = np.float32(0 if rectified else -np.inf)
    totals, alongs = np.zeros(channels), np.zeros(channels)
    part, parts = np.empty(line, np.float32), np.empty(line, np.float32)
    for block in range(0, len(x), BLOCK * line):
        part[:] = 0
        parts[:] = 0
        for begin in range(block, min(len(x), block + BLOCK * line), line):
            here, come = x[begin : begin + line], given[begin : begin + line]
            for i in range(len(here)):
                v, g = value(here[i]), value(come[i])
                d = np.float32(0) if v * gain[i] + offset[i] <= floor else g
                part[i] += d
                parts[i] += d * (v - mean[i])
        for i in range(line):
            totals[i % channels] += part[i]
            alongs[i % channels] += parts[i]
    for c in range(channels):
        total[c] = totals[c]
        along[c] = alongs[c]


@compiled
def _backward(given, x, gain, offset, rectified, slope, level, out):  # type: ignore[no-untyped-def]
    count = max(1, LINE // len(gain))
    gain, offset = _tiled(gain, count), _tiled(offset, count)
    slope, level = _tiled(slope, count), _tiled(level, count)
    floor = np.float32(0 if rectified else -np.inf)
    for begin in range(0, len(x), len(gain)):
        here, come = x[begin : begin + len(gain)], given[begin : begin + len(gain)]
        to = out[begin : begin + len(gain)]
        for i in range(len(here)):
            v, g = value(here[i]), value(come[i])
            d = np.float32(0) if v * gain[i] + offset[i] <= floor else g
            to[i] = rounded(gain[i] * d + slope[i] * v + level[i])
