"""The layer `se`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.network.layers.squeeze import Squeeze
from autocnn.network.registries import LAYERS
from autocnn.space.layer import Counts, Shape

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("se")
class SqueezeExcite(Squeeze):
    """Squeeze-and-excitation: each channel is scaled by a gate that sees all of them.

    The squeezed part has `channels` channels or, without that, those of the input divided by
    `reduction` (at least one).
    """

    paper = "https://arxiv.org/abs/1709.01507"

    def counts(self, shape: Shape) -> Counts:
        squeezed = self.squeezed(shape)
        weights = 2 * shape[0] * squeezed
        learned = self.activation.params + self.gate.params
        biases = squeezed + shape[0]
        return Counts(weights + biases + learned, weights, biases)

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.squeeze_excite import SqueezeExcitation

        act, gate = self.activation.build(), self.gate.build()
        return SqueezeExcitation(shape[0], self.squeezed(shape), act, gate)
