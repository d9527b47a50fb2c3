"""The layer `global_pool`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from autocnn.network.geometry import need_map
from autocnn.network.registries import LAYERS
from autocnn.space.layer import Layer, Shape, Window

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("global_pool")
class GlobalPool(Layer):
    """One value per channel, flat: (C, H, W) -> (C,); `avgmax` is the mean of both."""

    paper = "https://arxiv.org/abs/1312.4400"

    kind: Literal["avg", "max", "avgmax"] = "avg"

    def out_shape(self, shape: Shape) -> Shape:
        need_map("global_pool", shape)
        return shape[:1]

    def window(self, shape: Shape) -> Window:
        return ((shape[1], 1), (shape[2], 1))

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.global_pool import GlobalPooling

        return GlobalPooling(self.kind)
