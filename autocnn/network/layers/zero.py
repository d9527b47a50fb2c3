"""The layer `zero`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.network.registries import LAYERS
from autocnn.space.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("zero")
class Zero(Layer):
    """Zeros in the shape of the input: the absent edge of a cell."""

    paper = "https://arxiv.org/abs/1806.09055"

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.zero import Zeros

        return Zeros()
