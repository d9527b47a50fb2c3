"""Where windows slide over a map: paddings and output sizes, along height and width."""

from __future__ import annotations

from fractions import Fraction

from autocnn.space.layer import Shape, ShapeError, Span

Pads = tuple[tuple[int, int], tuple[int, int]]
"""`((top, bottom), (left, right))`."""

Padding = int | str | tuple[int, int] | tuple[int, int, int, int]


def extent(kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int]:
    """The height and width that a dilated kernel covers."""
    return (
        dilation[0] * (kernel[0] - 1) + 1,
        dilation[1] * (kernel[1] - 1) + 1,
    )


def pads(
    padding: Padding, covered: tuple[int, int], stride: tuple[int, int], shape: Shape
) -> Pads:
    """The padding on the four sides of a map; `covered` is the kernel's extent.

    `same` adds `covered - 1` in all, the odd one at the bottom and right; `same_tf` adds what
    `ceil(size / stride)` outputs need, as TensorFlow does.
    """
    if isinstance(padding, tuple) and len(padding) == 4:
        top, bottom, left, right = padding
        return ((top, bottom), (left, right))
    if isinstance(padding, str):
        axes = zip(covered, stride, shape[1:], strict=True)
        height, width = (_total(padding, *axis) for axis in axes)
        return (_halves(height), _halves(width))
    height, width = (padding, padding) if isinstance(padding, int) else padding
    return ((height, height), (width, width))


def _total(padding: str, covered: int, stride: int, size: int) -> int:
    if padding == "same":
        return covered - 1
    if padding == "same_tf":
        return max((-(-size // stride) - 1) * stride + covered - size, 0)
    return 0


def _halves(total: int) -> tuple[int, int]:
    return (total // 2, total - total // 2)


def conv_size(
    shape: Shape, around: Pads, covered: tuple[int, int], stride: tuple[int, int]
) -> tuple[int, int]:
    """Height and width after a convolution; raises ShapeError if the kernel does not fit.

    Padding below 0 crops.
    """
    for size, sides in zip(shape[1:], around, strict=True):
        if size + sum(min(side, 0) for side in sides) < 0:
            raise ShapeError(
                "Y25", f"padding {sides} crops more than the {_by(shape[1:])} map has"
            )
    padded = tuple(size + sum(sides) for size, sides in zip(shape[1:], around, strict=True))
    if padded[0] < covered[0] or padded[1] < covered[1]:
        raise ShapeError(
            "Y25",
            f"a kernel covering {_by(covered)} does not fit the {_by(shape[1:])} map"
            f" (with padding {_by(padded)})",
        )
    height, width = (
        (size - cover) // step + 1
        for size, cover, step in zip(padded, covered, stride, strict=True)
    )
    return (height, width)


def pool_size(
    shape: Shape,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    ceil: bool,
) -> tuple[int, int]:
    """Height and width after pooling; raises ShapeError as torch would."""
    if any(2 * pad > size for pad, size in zip(padding, kernel, strict=True)):
        raise ShapeError(
            "Y25",
            f"pool padding must be at most half the kernel:"
            f" padding {_by(padding)}, kernel {_by(kernel)}",
        )
    axes = zip(shape[1:], kernel, stride, padding, strict=True)
    height, width = (_pooled(*axis, ceil) for axis in axes)
    if height < 1 or width < 1:
        raise ShapeError(
            "Y25",
            f"pooling {_by(kernel)} leaves nothing of the {_by(shape[1:])} map",
        )
    return (height, width)


def _pooled(size: int, kernel: int, stride: int, padding: int, ceil: bool) -> int:
    room = size + 2 * padding - kernel
    pooled = (-(-room // stride) if ceil else room // stride) + 1
    # A last window that would start in the right padding is dropped, as torch does.
    if ceil and (pooled - 1) * stride >= size + padding:
        pooled -= 1
    return pooled


def adaptive_span(size: int, made: int) -> Span:
    """Adaptive windows along one axis: the largest of them, and how far they are apart."""
    starts = (place * size // made for place in range(made))
    ends = (-(-(place + 1) * size // made) for place in range(made))
    return (
        max(end - start for start, end in zip(starts, ends, strict=True)),
        Fraction(size, made),
    )


def need_map(word: str, shape: Shape) -> None:
    """Raise ShapeError unless the input is a map `(C, H, W)`."""
    if len(shape) != 3:
        raise ShapeError(
            "Y25", f"{word} needs a map (C, H, W), got {shape[0]} flat features: place it earlier"
        )


def _by(size: tuple[int, ...]) -> str:
    return f"{size[0]}x{size[1]}"
