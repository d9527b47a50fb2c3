"""The layer `flatten`."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from autocnn.network.registries import LAYERS
from autocnn.space.layer import Layer, Shape, Window

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("flatten")
class Flatten(Layer):
    """Every value as a feature: (C, H, W) -> (C H W,); flat features stay as they are."""

    def out_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)

    def window(self, shape: Shape) -> Window:
        return ((shape[1], 1), (shape[2], 1)) if len(shape) == 3 else ((1, 1), (1, 1))

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        return nn.Flatten()
