"""The layer `activation`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocnn.network.activations import ReLU
from autocnn.network.registries import LAYERS, AnyActivation
from autocnn.space.layer import Counts, Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("activation")
class Activation(Layer):
    """An activation by itself; the shape stays. Without `kind` it is the default activation."""

    kind: AnyActivation = ReLU()

    def resolve(self, shape: Shape, defaults: Mapping[str, Any]) -> Activation:
        if "kind" in self.model_fields_set or "activation" not in defaults:
            return self
        return Activation.model_validate({"kind": defaults["activation"]})

    def counts(self, shape: Shape) -> Counts:
        return Counts(self.kind.params)

    def is_identity(self) -> bool:
        return self.kind.absent

    def build(self, shape: Shape) -> nn.Module:
        return self.kind.build()
