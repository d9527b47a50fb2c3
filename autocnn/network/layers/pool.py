"""The layer `pool`."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal

from autocnn.network.geometry import need_map, pool_size
from autocnn.network.registries import LAYERS
from autocnn.network.sizes import Pair, Sizes, pair
from autocnn.space.layer import Counts, Layer, Shape, Window

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("pool")
class Pool(Layer):
    """Pooling over windows: (C, H, W) -> (C, H', W'); the stride is the kernel unless given.

    `lp` is the root of the sum of squares; `blur` a fixed binomial filter before subsampling
    (https://arxiv.org/abs/1904.11486). `ceil` keeps a last, partial window; `count_padding`
    lets `avg` count the zeros of the padding.
    """

    kind: Literal["max", "avg", "lp", "blur"] = "max"
    kernel: Annotated[Pair, Sizes(1)] = 2
    stride: Annotated[Pair, Sizes(1)] | None = None
    padding: Annotated[Pair, Sizes(0)] = 0
    ceil: bool = False
    count_padding: bool = True

    def resolve(self, shape: Shape, defaults: Mapping[str, Any]) -> Pool:
        return self.model_copy(update={"stride": self._stride()})

    def out_shape(self, shape: Shape) -> Shape:
        need_map("pool", shape)
        kernel, stride, padding = pair(self.kernel), pair(self._stride()), pair(self.padding)
        return (shape[0], *pool_size(shape, kernel, stride, padding, self.ceil))

    def counts(self, shape: Shape) -> Counts:
        if self.kind != "blur":
            return Counts()
        return Counts(macs=prod(self.out_shape(shape)) * prod(pair(self.kernel)))

    def window(self, shape: Shape) -> Window:
        height, width = zip(pair(self.kernel), pair(self._stride()), strict=True)
        return (height, width)

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        from autocnn.network.modules.blur_pool import BlurPool
        from autocnn.network.modules.lp_pool import LPPool

        kernel, stride, padding = pair(self.kernel), pair(self._stride()), pair(self.padding)
        match self.kind:
            case "max":
                return nn.MaxPool2d(kernel, stride, padding, ceil_mode=self.ceil)
            case "avg":
                return nn.AvgPool2d(kernel, stride, padding, self.ceil, self.count_padding)
            case "lp":
                return LPPool(kernel, stride, padding, self.ceil)
            case "blur":
                return BlurPool(kernel, stride, self._pads(shape))

    def fixed(self, shape: Shape) -> object:
        return self._pads(shape) if self.kind == "blur" else super().fixed(shape)

    def _pads(self, shape: Shape) -> tuple[int, int, int, int]:
        """Left, right, top and bottom: what the windows need beyond the map, or leave of it."""
        kernel, stride, padding = pair(self.kernel), pair(self._stride()), pair(self.padding)
        axes = zip(shape[1:], self.out_shape(shape)[1:], kernel, stride, padding, strict=True)
        (top, bottom), (left, right) = (
            (pad, (pooled - 1) * step + cover - size - pad)
            for size, pooled, cover, step, pad in axes
        )
        return (left, right, top, bottom)

    def _stride(self) -> Pair:
        return self.kernel if self.stride is None else self.stride
