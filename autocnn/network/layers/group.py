"""The layer `group`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.network.chain import chain_module, chain_shape
from autocnn.network.registries import LAYERS, LayerList
from autocnn.space.layer import Layer, Part, Shape

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("group")
class Group(Layer):
    """Layers one after the other under a name, such as that of the block they come from."""

    layer_fields = {"layers": "list"}
    takes_several = True

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
    layers: LayerList

    def out_shape(self, shape: Shape) -> Shape:
        return chain_shape(self.layers, shape)

    def parts(self, shape: Shape) -> tuple[Part, ...]:
        return (Part("", shape, self.layers),)

    def build(self, shape: Shape) -> nn.Module:
        return chain_module(self.layers, shape)
