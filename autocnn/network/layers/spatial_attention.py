"""The layer `spatial_attention`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from autocnn.network.activations import Sigmoid
from autocnn.network.geometry import need_map
from autocnn.network.norms import BatchNorm
from autocnn.network.registries import LAYERS, AnyActivation, AnyNorm
from autocnn.network.sizes import Sizes
from autocnn.space.layer import Counts, Layer, Shape, Window

if TYPE_CHECKING:
    from torch import nn


def odd(size: int) -> int:
    """The size of a kernel with a middle; raises ValueError for an even one."""
    if size % 2 == 0:
        raise ValueError(f"the kernel must be odd, got {size}")
    return size


OddKernel = Annotated[int, Sizes(1, lists=()), AfterValidator(odd)]


@LAYERS.register("spatial_attention")
class SpatialAttention(Layer):
    """Each position is scaled by a gate made of the mean and maximum of its channels.

    One convolution without bias leads from these two maps to the gate, with a norm after it: the
    second half of `cbam`.
    """

    paper = "https://arxiv.org/abs/1807.06521"

    kernel: OddKernel = 7
    norm: AnyNorm = BatchNorm()
    gate: AnyActivation = Sigmoid()

    def out_shape(self, shape: Shape) -> Shape:
        need_map("spatial_attention", shape)
        self.norm.check((1, *shape[1:]))
        return shape

    def counts(self, shape: Shape) -> Counts:
        weights, positions = 2 * self.kernel**2, shape[1] * shape[2]
        learned = self.norm.params((1, *shape[1:])) + self.gate.params
        return Counts(weights + learned, weights * positions, positions)

    def window(self, shape: Shape) -> Window:
        return ((self.kernel, 1), (self.kernel, 1))

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.spatial_attention import SpatialGate

        norm = None if self.norm.absent else self.norm.build((1, *shape[1:]))
        return SpatialGate(self.kernel, norm, self.gate.build())
