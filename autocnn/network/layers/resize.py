"""The layer `resize`."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from autocnn.network.geometry import adaptive_span, need_map
from autocnn.network.registries import LAYERS
from autocnn.network.sizes import Pair, Sizes, pair
from autocnn.space.layer import Layer, Shape, ShapeError, Span, Window

if TYPE_CHECKING:
    from torch import nn

LARGEST_SIDE = 4096
"""The largest side of a map that `scale` may lead to."""

SEEN = {"nearest": 1, "bilinear": 2, "bicubic": 4}
"""How many values along one axis an output value is made of."""


@LAYERS.register("resize")
class Resize(Layer):
    """Resample the map to `size`, or to `scale` times its size rounded down.

    `bilinear` and `bicubic` look at their 2 or 4 nearest values also where the map shrinks; `area`
    takes the mean of all that an output value covers.
    """

    size: Annotated[Pair, Sizes(1)] | None = None
    scale: Annotated[float, Field(gt=0, le=64)] | None = None
    mode: Literal["nearest", "bilinear", "bicubic", "area"] = "nearest"

    @model_validator(mode="after")
    def _one_size(self) -> Resize:
        if (self.size is None) == (self.scale is None):
            raise ValueError("give either size or scale")
        return self

    def out_shape(self, shape: Shape) -> Shape:
        need_map("resize", shape)
        sides = pair(self.size) if self.size is not None else self._scaled(shape)
        return (shape[0], *sides)

    def fixed(self, shape: Shape) -> object:
        return self.out_shape(shape)

    def window(self, shape: Shape) -> Window:
        height, width = map(self._span, shape[1:], self.out_shape(shape)[1:])
        return (height, width)

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        return nn.Upsample(size=self.out_shape(shape)[1:], mode=self.mode)

    def _scaled(self, shape: Shape) -> tuple[int, int]:
        height, width = (int(side * (self.scale or 1)) for side in shape[1:])
        if min(height, width) < 1:
            raise ShapeError(
                "Y25", f"resize by {self.scale} leaves nothing of the {shape[1]}x{shape[2]} map"
            )
        if max(height, width) > LARGEST_SIDE:
            raise ShapeError(
                "Y31", f"resize makes a {height}x{width} map; the largest side is {LARGEST_SIDE}"
            )
        return (height, width)

    def _span(self, size: int, resized: int) -> Span:
        if size == resized:
            return (1, 1)
        if self.mode == "area":
            return adaptive_span(size, resized)
        return (SEEN[self.mode], Fraction(size, resized))
