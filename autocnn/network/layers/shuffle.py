"""The layer `shuffle`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.network.geometry import need_map
from autocnn.network.registries import LAYERS
from autocnn.network.sizes import Channels
from autocnn.space.layer import Layer, Shape, ShapeError

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("shuffle")
class Shuffle(Layer):
    """Deal the channels out anew, one of each of the `groups` in turn; `groups` must divide them.

    Channels a1 a2 b1 b2 in two groups become a1 b1 a2 b2.
    """

    paper = "https://arxiv.org/abs/1707.01083"

    groups: Channels = 2

    def out_shape(self, shape: Shape) -> Shape:
        need_map("shuffle", shape)
        if shape[0] % self.groups:
            raise ShapeError(
                "Y25", f"shuffle needs channels divisible by groups: {shape[0]} % {self.groups}"
            )
        return shape

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        return nn.ChannelShuffle(self.groups)
