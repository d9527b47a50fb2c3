"""The layer `linear`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocnn.network.activations import ReLU
from autocnn.network.norms import NoNorm
from autocnn.network.registries import LAYERS, AnyActivation, AnyNorm
from autocnn.network.sizes import Bias, Channels
from autocnn.space.layer import Counts, Layer, Shape, ShapeError

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("linear")
class Linear(Layer):
    """A fully connected layer with its norm and activation: (F,) -> (units,)."""

    defaults_taken = ("activation",)

    units: Channels
    bias: Bias = "auto"
    norm: AnyNorm = NoNorm()
    activation: AnyActivation = ReLU()

    def resolve(self, shape: Shape, defaults: Mapping[str, Any]) -> Linear:
        return self.model_copy(update={"bias": self._has_bias()})

    def out_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(
                "Y25",
                f"linear needs flat features, got a map {shape}: flatten or global_pool first",
            )
        self.norm.check((self.units,))
        return (self.units,)

    def counts(self, shape: Shape) -> Counts:
        weights = shape[0] * self.units
        params = weights + (self.units if self._has_bias() else 0)
        params += self.norm.params((self.units,)) + self.activation.params
        return Counts(params, weights, self.units)

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        modules: OrderedDict[str, nn.Module] = OrderedDict()
        modules["linear"] = nn.Linear(shape[0], self.units, bias=self._has_bias())
        if not self.norm.absent:
            modules["norm"] = self.norm.build((self.units,))
        if not self.activation.absent:
            modules["act"] = self.activation.build()
        return nn.Sequential(modules)

    def _has_bias(self) -> bool:
        return self.norm.absent if self.bias == "auto" else self.bias
