"""The gradient of a convolution's weights by matrix tiles, where torch is slow: for small maps.

For each tap of the kernel it is a product of matrices: gradients (filters, positions) times
inputs (positions, channels). Both are laid out with one pitch for all rows, so that each tap reads
the same inputs from another beginning; what lies between the rows meets zeros among the gradients.
Where the convolution has a stride, inputs are first parted by the remainder of their place.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import conv2d
from torch.nn.modules.utils import _pair

from autocnn.training.kernels import bits, compiled, fits
from autocnn.training.kernels.tiles import (
    LAYOUT,
    SIDE,
    begin,
    copy,
    end,
    load0,
    load1,
    load2,
    load3,
    load4,
    load5,
    load6,
    load7,
    multiply0,
    multiply1,
    multiply2,
    multiply3,
    store0,
    store1,
    store2,
    store3,
    turn,
    weave,
)
from autocnn.training.precision import StridedConv2d

POSITIONS = 200
"""Values per channel of the largest output that is faster by tiles; one value is not."""

CACHE = 600_000
"""Bytes of inputs and gradients that are laid out at a time."""


class FastConv2d(StridedConv2d):
    """A convolution whose weights get their gradient by tiles, where that is faster.

    Both numbers of channels must be multiples of 32, its padding be of zeros and its groups one.
    """

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride, dilation = self.kernel_size, self.stride, self.dilation
        padding = _pair(self.padding)
        small = x.shape[-2] < stride[0] or x.shape[-1] < stride[1]
        if small or not (torch.is_grad_enabled() and self.weight.requires_grad and fits(x)):
            return super().forward(x)
        rows, columns = (
            (size + 2 * pad - spread * (cover - 1) - 1) // step + 1
            for size, pad, spread, cover, step in zip(
                x.shape[2:], padding, dilation, kernel, stride, strict=True
            )
        )
        if not 1 < rows * columns <= POSITIONS:
            return super().forward(x)
        y: Tensor = _Conv.apply(  # type: ignore[no-untyped-call]
            x, self.weight, self.bias, (stride, padding, dilation)
        )
        return y


class _Conv(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, window: Any) -> Tensor:
        low = weight.to(torch.bfloat16)
        ctx.save_for_backward(x, low)
        ctx.window = window
        return conv2d(x, low, None if bias is None else bias.to(torch.bfloat16), *window)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor | None, None]:
        x, low = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        of_x = of_bias = None
        if ctx.needs_input_grad[0]:
            of_x, _, _ = torch.ops.aten.convolution_backward(
                gradient, x, low, None, *ctx.window, False, [0, 0], 1, [True, False, False]
            )
        if ctx.needs_input_grad[2]:
            of_bias = gradient.sum((0, 2, 3), dtype=torch.float32)
        return of_x, weight_gradient(x, gradient, low.shape[2:], *ctx.window), of_bias, None


def weight_gradient(
    x: Tensor,
    gradient: Tensor,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
) -> Tensor:
    """Float32 (O, C, kernel height and width) from bfloat16 maps (N, C, H, W), (N, O, H', W').

    Channels O and C are multiples of 32.
    """
    channels, filters = x.shape[1], gradient.shape[1]
    sizes = (gradient.shape[2], gradient.shape[3])
    grid = _grid(tuple(kernel), stride, padding, dilation, sizes)
    phases, lines = len(grid.phases), grid.lines
    each = 4 * phases * lines * channels + 2 * grid.steps * SIDE * filters
    group = max(1, min(len(x), CACHE // each))
    inputs = np.zeros((phases, lines, channels), np.uint16)
    pairs = np.zeros((group, phases, 2, lines // 2, channels), np.uint32)
    lined = np.zeros((grid.steps * SIDE, filters), np.uint16)
    turned = np.zeros((group, filters, grid.steps * SIDE), np.uint16)
    out = np.zeros((filters, kernel[0] * kernel[1], channels), np.float32)
    _add(bits(x), bits(gradient), out, inputs, pairs, lined, turned, *grid, stride, LAYOUT)
    return torch.from_numpy(out.reshape(filters, *kernel, channels)).permute(0, 3, 1, 2)


class _Grid(NamedTuple):
    """How maps are laid out: a line of all channels for each position, row after row."""

    pitch: int
    """Lines from one row to the next."""
    steps: int
    """Blocks of SIDE lines that hold a gradient."""
    lines: int
    """Lines that hold an input; even."""
    phases: NDArray[np.int64]
    """Row and column of the first input of each part, (parts, 2); less than 0 in the padding."""
    taps: NDArray[np.int64]
    """The part and the first line that each tap reads, (taps, 2)."""


@lru_cache(256)
def _grid(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    sizes: tuple[int, int],
) -> _Grid:
    """The grid of a convolution with these rows and columns of outputs."""
    far = [(k - 1) * d // s for k, d, s in zip(kernel, dilation, stride, strict=True)]
    pitch = sizes[1] + far[1]
    steps = -(-sizes[0] * pitch // SIDE)
    lines = steps * SIDE + far[0] * pitch + far[1] + 2
    places = [
        (a * dilation[0], b * dilation[1]) for a in range(kernel[0]) for b in range(kernel[1])
    ]
    parts = sorted({(a % stride[0], b % stride[1]) for a, b in places})
    taps = [
        (parts.index((a % stride[0], b % stride[1])), a // stride[0] * pitch + b // stride[1])
        for a, b in places
    ]
    phases = np.array(parts) - np.array(padding)
    return _Grid(pitch, steps, lines + lines % 2, phases, np.array(taps))


@compiled
def _add(  # type: ignore[no-untyped-def]
    x,
    gradient,
    out,
    inputs,
    pairs,
    lined,
    turned,
    pitch,
    steps,
    lines,
    phases,
    taps,
    stride,
    layout,
):
    """Add the gradient of the weights to `out` (filters, taps, channels)."""
    group = len(pairs)
    begin(layout, 0, 0)
    for first in range(0, len(x), group):
        images = min(group, len(x) - first)
        for n in range(images):
            _lay_inputs(x, first + n, inputs, pairs, n, pitch, lines, phases, stride)
            _lay_gradients(gradient, first + n, lined, turned, n, pitch, steps)
        _multiply(out, pairs, turned, images, steps, taps)
    end()


@compiled
def _lay_inputs(x, image, inputs, pairs, n, pitch, lines, phases, stride):  # type: ignore[no-untyped-def]
    """Lay out an image's inputs as pairs of lines that begin at even and at odd places."""
    _, height, width, channels = x.shape
    size = 2 * channels
    for part in range(len(phases)):
        top, left = phases[part]
        first = -(left // stride[1]) if left < 0 else 0  # the columns inside the map
        stop = min(pitch, (width - left + stride[1] - 1) // stride[1])
        for i in range(lines // pitch):
            row = i * stride[0] + top
            if 0 <= row < height:
                at = ((image * height + row) * width + first * stride[1] + left) * size
                to = (part * lines + i * pitch + first) * size
                if stride[1] == 1:
                    copy(x, at, inputs, to, (stop - first) * size)
                else:
                    for _ in range(first, stop):
                        copy(x, at, inputs, to, size)
                        at += stride[1] * size
                        to += size
        for odd in range(2):
            at = (part * lines + odd) * size
            to = ((n * len(phases) + part) * 2 + odd) * lines * size
            for _ in range((lines - odd) // 2):
                for c in range(0, size, 64):
                    weave(inputs, at + c, at + size + c, pairs, to + 2 * c)
                at += 2 * size
                to += 2 * size


@compiled
def _lay_gradients(gradient, image, lined, turned, n, pitch, steps):  # type: ignore[no-untyped-def]
    """Lay out the gradients for an image, positions along the lines."""
    _, rows, columns, filters = gradient.shape
    size = 2 * filters
    for i in range(rows):
        at = (image * rows + i) * columns * size
        copy(gradient, at, lined, i * pitch * size, columns * size)
    for k in range(steps):
        for f in range(0, filters, 16):
            to = ((n * filters + f) * steps + k) * 64
            turn(lined, 32 * k * size + 2 * f, size, turned, to, 64 * steps)


@compiled
def _multiply(out, pairs, turned, images, steps, taps):  # type: ignore[no-untyped-def]
    """Add the products for so many images, 32 filters and 32 channels at a time."""
    filters, count, channels = out.shape
    parts, half = pairs.shape[1], pairs.shape[3] * channels * 4
    line, across = 4 * count * channels, 4 * channels
    for f in range(0, filters, 32):
        for c in range(0, channels, 32):
            for t in range(count):
                left = ((f * count + t) * channels + c) * 4
                below = left + 16 * line
                load0(out, left, line)
                load1(out, left + 64, line)
                load2(out, below, line)
                load3(out, below + 64, line)
                for n in range(images):
                    a = (n * filters + f) * steps * 64
                    b = ((n * parts + taps[t, 0]) * 2 + taps[t, 1] % 2) * half
                    b += taps[t, 1] // 2 * across + 4 * c
                    for _ in range(steps):
                        load4(turned, a, 64 * steps)
                        load6(pairs, b, across)
                        multiply0()
                        load7(pairs, b + 64, across)
                        multiply1()
                        load5(turned, a + 1024 * steps, 64 * steps)
                        multiply2()
                        multiply3()
                        a += 64
                        b += 16 * across
                store0(out, left, line)
                store1(out, left + 64, line)
                store2(out, below, line)
                store3(out, below + 64, line)
