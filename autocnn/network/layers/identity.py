"""The layer `identity`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.network.registries import LAYERS
from autocnn.space.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("identity")
class Identity(Layer):
    """The input, unchanged."""

    takes_several = True

    def is_identity(self) -> bool:
        return True

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        return nn.Identity()
