"""What the layers share that squeeze all channels into a few and make gates of them."""

from __future__ import annotations

from abc import ABC
from typing import Any

from pydantic import model_validator

from autocnn.network.activations import ReLU, Sigmoid
from autocnn.network.geometry import need_map
from autocnn.network.registries import AnyActivation
from autocnn.network.sizes import Channels
from autocnn.space.layer import Layer, Shape


class Squeeze(Layer, ABC):
    """Gates per channel from a squeezed part between two linear layers.

    The squeezed part has `channels` channels or, without that, those of the input divided by
    `reduction` (at least one).
    """

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
    def _some_width(self) -> Squeeze:
        if self.reduction is None and self.channels is None:
            raise ValueError("give either reduction or channels")
        return self

    def out_shape(self, shape: Shape) -> Shape:
        need_map(self.word, shape)
        return shape

    def squeezed(self, shape: Shape) -> int:
        """The channels of the squeezed part."""
        return self.channels or max(1, shape[0] // (self.reduction or 1))
