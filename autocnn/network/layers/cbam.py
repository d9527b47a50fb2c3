"""The layer `cbam`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.network.layers.spatial_attention import OddKernel, SpatialAttention
from autocnn.network.layers.squeeze import Squeeze
from autocnn.network.norms import BatchNorm
from autocnn.network.registries import LAYERS, AnyNorm
from autocnn.space.layer import Counts, Shape, Window

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("cbam")
class CBAM(Squeeze):
    """Attention over channels, from their means and maxima alike, then over positions.

    The first half is squeeze-and-excitation of both, summed before the gate; the second is
    `spatial_attention` with this `kernel` and `norm`.
    """

    paper = "https://arxiv.org/abs/1807.06521"

    kernel: OddKernel = 7
    norm: AnyNorm = BatchNorm()

    def out_shape(self, shape: Shape) -> Shape:
        return self._spatial().out_shape(super().out_shape(shape))

    def counts(self, shape: Shape) -> Counts:
        squeezed = self.squeezed(shape)
        weights, biases = 2 * shape[0] * squeezed, squeezed + shape[0]
        # The gate and its parameters serve both halves, one module each; both are counted.
        learned = self.activation.params + self.gate.params
        channel = Counts(weights + biases + learned, 2 * weights, 2 * biases)
        return channel + self._spatial().counts(shape)

    def window(self, shape: Shape) -> Window:
        return self._spatial().window(shape)

    def build(self, shape: Shape) -> nn.Module:
        from collections import OrderedDict

        from torch import nn

        from autocnn.network.modules.channel_attention import ChannelGate

        act, gate = self.activation.build(), self.gate.build()
        channel = ChannelGate(shape[0], self.squeezed(shape), act, gate)
        spatial = self._spatial().build(shape)
        return nn.Sequential(OrderedDict(channel=channel, spatial=spatial))

    def _spatial(self) -> SpatialAttention:
        return SpatialAttention(kernel=self.kernel, norm=self.norm, gate=self.gate)
