"""The layer `norm`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.network.norms import BatchNorm
from autocnn.network.registries import LAYERS, AnyNorm
from autocnn.space.layer import Counts, Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("norm")
class Norm(Layer):
    """A norm by itself; the shape stays."""

    kind: AnyNorm = BatchNorm()

    def out_shape(self, shape: Shape) -> Shape:
        self.kind.check(shape)
        return shape

    def counts(self, shape: Shape) -> Counts:
        return Counts(self.kind.params(shape))

    def is_identity(self) -> bool:
        return self.kind.absent

    def build(self, shape: Shape) -> nn.Module:
        return self.kind.build(shape)
