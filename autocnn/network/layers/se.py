"""The layer `se`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from autocnn.network.activations import ReLU, Sigmoid
from autocnn.network.geometry import need_map
from autocnn.network.registries import LAYERS, AnyActivation
from autocnn.network.sizes import Channels
from autocnn.space.layer import Counts, Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("se")
class SqueezeExcite(Layer):
    """Squeeze-and-excitation: each channel is scaled by a gate that sees all of them.

    The squeezed part has `channels` channels or, without that, those of the input divided by
    `reduction` (at least one).
    """

    paper = "https://arxiv.org/abs/1709.01507"

    reduction: Channels | None = 16
    channels: Channels | None = None
    activation: AnyActivation = ReLU()
    gate: AnyActivation = Sigmoid()

    @model_validator(mode="before")
    @classmethod
    def _one_width(cls, options: Any) -> Any:
        if not isinstance(options, dict) or options.get("channels") is None:
            return options
        if options.get("reduction") is not None:
            raise ValueError("give either reduction or channels, not both")
        return {**options, "reduction": None}

    @model_validator(mode="after")
    def _some_width(self) -> SqueezeExcite:
        if self.reduction is None and self.channels is None:
            raise ValueError("give either reduction or channels")
        return self

    def out_shape(self, shape: Shape) -> Shape:
        need_map("se", shape)
        return shape

    def counts(self, shape: Shape) -> Counts:
        squeezed = self._squeezed(shape)
        weights = 2 * shape[0] * squeezed
        learned = self.activation.params + self.gate.params
        biases = squeezed + shape[0]
        return Counts(weights + biases + learned, weights, biases)

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.squeeze_excite import SqueezeExcitation

        act, gate = self.activation.build(), self.gate.build()
        return SqueezeExcitation(shape[0], self._squeezed(shape), act, gate)

    def _squeezed(self, shape: Shape) -> int:
        return self.channels or max(1, shape[0] // (self.reduction or 1))
