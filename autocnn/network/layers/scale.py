"""The layer `scale`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.network.registries import LAYERS
from autocnn.space.layer import Counts, Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("scale")
class Scale(Layer):
    """Multiply each channel by a learned factor, at first `initial`; the shape stays.

    With a small factor at the end of a residual body this is layer scale.
    """

    paper = "https://arxiv.org/abs/2103.17239"

    initial: float = 1.0

    def counts(self, shape: Shape) -> Counts:
        return Counts(params=shape[0])

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.channel_scale import ChannelScale

        return ChannelScale(shape[0], self.initial)
