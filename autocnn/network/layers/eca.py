"""The layer `eca`."""

from __future__ import annotations

from collections.abc import Mapping
from math import log2
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from autocnn.network.activations import Sigmoid
from autocnn.network.geometry import need_map
from autocnn.network.layers.spatial_attention import odd
from autocnn.network.registries import LAYERS, AnyActivation
from autocnn.network.sizes import Sizes
from autocnn.space.layer import Counts, Layer, Shape

if TYPE_CHECKING:
    from torch import nn


def _odd_or_word(kernel: int | str) -> int | str:
    return kernel if isinstance(kernel, str) else odd(kernel)


@LAYERS.register("eca")
class EfficientChannelAttention(Layer):
    """Each channel is scaled by a gate that sees its neighbouring channels, `kernel` in all.

    `kernel: auto` is (log2(channels) + 1) / 2, rounded down and then up to an odd number.
    """

    paper = "https://arxiv.org/abs/1910.03151"

    kernel: Annotated[
        int | str, Sizes(1, lists=(), words=("auto",)), AfterValidator(_odd_or_word)
    ] = "auto"
    gate: AnyActivation = Sigmoid()

    def resolve(self, shape: Shape, defaults: Mapping[str, Any]) -> EfficientChannelAttention:
        return self.model_copy(update={"kernel": self._kernel(shape)})

    def out_shape(self, shape: Shape) -> Shape:
        need_map("eca", shape)
        return shape

    def counts(self, shape: Shape) -> Counts:
        kernel = self._kernel(shape)
        return Counts(kernel + self.gate.params, kernel * shape[0], shape[0])

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.channel_attention import NeighbourGate

        return NeighbourGate(self._kernel(shape), self.gate.build())

    def _kernel(self, shape: Shape) -> int:
        if isinstance(self.kernel, int):
            return self.kernel
        return int((log2(shape[0]) + 1) / 2) | 1
