"""Max pooling that keeps one byte per output for the backward pass, where torch keeps eight."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.modules.utils import _pair

from autocnn.network.geometry import pool_size
from autocnn.training.kernels import bits, compiled, empty, fits, rounded, value

MOST = 255
"""Values in the largest window: what a byte can tell apart."""


class FastMaxPool2d(nn.MaxPool2d):
    """`nn.MaxPool2d` by these loops where they fit the input; equal bits unless windows overlap.

    Where windows overlap a gradient is summed in float32 and rounded once, torch rounds each sum.
    """

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride, padding = _pair(self.kernel_size), _pair(self.stride), _pair(self.padding)
        plain = _pair(self.dilation) == (1, 1) and not self.return_indices
        if not (plain and kernel[0] * kernel[1] <= MOST and fits(x)):
            return super().forward(x)  # type: ignore[no-any-return]
        channels, height, width = x.shape[1:]
        size = pool_size((channels, height, width), kernel, stride, padding, self.ceil_mode)
        window = (kernel, stride, padding)
        pooled: Tensor = _MaxPool.apply(x, size, window)  # type: ignore[no-untyped-call]
        return pooled


class _MaxPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, size: tuple[int, int], window: Any) -> Tensor:
        y = empty(x, (*x.shape[:2], *size))
        ctx.place, ctx.shape, ctx.window = np.empty(bits(y).shape, np.uint8), x.shape, window
        _forward(bits(x), bits(y), ctx.place, *window)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        out = empty(gradient, ctx.shape)
        kernel, stride, _ = ctx.window
        apart = stride[0] >= kernel[0] and stride[1] >= kernel[1]
        loop = _backward_apart if apart else _backward_over
        loop(bits(gradient), ctx.place, bits(out), *ctx.window)
        return out, None, None


# The loops name each value by all its indices: views of rows would be counted references.


@compiled
def _forward(x, y, place, kernel, stride, padding):  # type: ignore[no-untyped-def]
    """The first largest value of each window, or a NaN, and its place in the window."""
    images, height, width, channels = x.shape
    for n in range(images):
        for i in range(y.shape[1]):
            top = i * stride[0] - padding[0]
            first, end = max(0, top), min(height, top + kernel[0])
            for j in range(y.shape[2]):
                left = j * stride[1] - padding[1]
                start, stop = max(0, left), min(width, left + kernel[1])
                if kernel[0] == 2 and kernel[1] == 2 and end - first == 2 and stop - start == 2:
                    for c in range(channels):  # the most frequent window, in one pass
                        best, where = x[n, first, start, c], np.uint8(0)
                        right = x[n, first, start + 1, c]
                        below = x[n, first + 1, start, c]
                        across = x[n, first + 1, start + 1, c]
                        if (value(right) > value(best)) | (value(right) != value(right)):
                            best, where = right, np.uint8(1)
                        if (value(below) > value(best)) | (value(below) != value(below)):
                            best, where = below, np.uint8(2)
                        if (value(across) > value(best)) | (value(across) != value(across)):
                            best, where = across, np.uint8(3)
                        y[n, i, j, c] = best
                        place[n, i, j, c] = where
                else:
                    here = np.uint8((first - top) * kernel[1] + start - left)
                    for c in range(channels):
                        y[n, i, j, c] = x[n, first, start, c]
                        place[n, i, j, c] = here
                    for r in range(first, end):
                        for s in range(start, stop):
                            here = np.uint8((r - top) * kernel[1] + s - left)
                            for c in range(channels):
                                new = x[n, r, s, c]
                                old, before = y[n, i, j, c], place[n, i, j, c]
                                wins = (value(new) > value(old)) | (value(new) != value(new))
                                y[n, i, j, c] = new if wins else old
                                place[n, i, j, c] = here if wins else before


@compiled
def _backward_apart(gradient, place, out, kernel, stride, padding):  # type: ignore[no-untyped-def]
    """Each gradient at the place of its largest value, 0 elsewhere."""
    images, height, width, channels = out.shape
    for n in range(images):
        out[n] = 0
        for i in range(gradient.shape[1]):
            top = i * stride[0] - padding[0]
            for j in range(gradient.shape[2]):
                left = j * stride[1] - padding[1]
                for r in range(max(0, top), min(height, top + kernel[0])):
                    for s in range(max(0, left), min(width, left + kernel[1])):
                        here = np.uint8((r - top) * kernel[1] + s - left)
                        for c in range(channels):
                            given = gradient[n, i, j, c]
                            hit = place[n, i, j, c] == here
                            out[n, r, s, c] = given if hit else np.uint16(0)


@compiled
def _backward_over(gradient, place, out, kernel, stride, padding):  # type: ignore[no-untyped-def]
    """The sum, in float32, of the gradients of all windows that a value is the largest of."""
    images, height, width, channels = out.shape
    total = np.empty((height, width, channels), np.float32)
    for n in range(images):
        total[:] = 0
        for i in range(gradient.shape[1]):
            top = i * stride[0] - padding[0]
            for j in range(gradient.shape[2]):
                left = j * stride[1] - padding[1]
                for r in range(max(0, top), min(height, top + kernel[0])):
                    for s in range(max(0, left), min(width, left + kernel[1])):
                        here = np.uint8((r - top) * kernel[1] + s - left)
                        for c in range(channels):
                            given = value(gradient[n, i, j, c])
                            hit = place[n, i, j, c] == here
                            total[r, s, c] += given if hit else np.float32(0)
        for r in range(height):
            for s in range(width):
                for c in range(channels):
                    out[n, r, s, c] = rounded(total[r, s, c])
