"""The layer `adaptive_pool`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from autocnn.network.geometry import adaptive_span, need_map
from autocnn.network.registries import LAYERS
from autocnn.network.sizes import Pair, Sizes, pair
from autocnn.space.layer import Layer, Shape, Window

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("adaptive_pool")
class AdaptivePool(Layer):
    """Pooling to a given size, whatever comes in: (C, H, W) -> (C, size, size).

    Output i of n takes what lies between i/n and (i+1)/n of the map, rounded outwards. A map
    smaller than `size` has values repeated.
    """

    size: Annotated[Pair, Sizes(1)]
    kind: Literal["avg", "max"] = "avg"

    def out_shape(self, shape: Shape) -> Shape:
        need_map("adaptive_pool", shape)
        return (shape[0], *pair(self.size))

    def window(self, shape: Shape) -> Window:
        height, width = map(adaptive_span, shape[1:], pair(self.size))
        return (height, width)

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        kind = nn.AdaptiveAvgPool2d if self.kind == "avg" else nn.AdaptiveMaxPool2d
        return kind(pair(self.size))
