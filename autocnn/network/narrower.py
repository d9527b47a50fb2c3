"""The same network with fewer channels."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from autocnn.network.chain import chain_shape, steps
from autocnn.network.layers.conv import Conv
from autocnn.network.layers.linear import Linear
from autocnn.network.norms import GroupNorm
from autocnn.space.candidate import Architecture
from autocnn.space.layer import Layer, Layers, Shape, ShapeError

MULTIPLES = (8, 4, 2, 1)
"""Widths are multiples of the first of these with which all parts fit together."""


def narrower(architecture: Architecture, share: float) -> Architecture:
    """The architecture with this share, in (0, 1], of the channels of each `conv` and `linear`.

    Widths are rounded to multiples of 8, where sums and concatenations do not fit then of 4, 2 or
    1, and not below that; outputs and whitening filters stay as they are. Groups become fewer
    where they must. Raises ShapeError where no such network fits, and for a depthwise convolution
    with several filters for a channel.
    """
    layers, shape = architecture.layers, architecture.shape
    whole, inputs = chain_shape(layers, shape), defaultdict[Layer, set[int]](set)
    for layer, channels in _inputs(layers, shape):
        inputs[layer].add(channels)
    for multiple in MULTIPLES:
        made = _Narrowing(share, multiple, inputs).layers(layers, last=True)
        try:
            out = chain_shape(made, shape)
        except ShapeError as error:
            fault = error
        else:
            if out == whole:
                return replace(architecture, layers=made)
            fault = ShapeError("Y25", f"the output would be {out} instead of {whole}")
    raise fault


def _inputs(layers: Sequence[Layer], shape: Shape) -> Iterator[tuple[Layer, int]]:
    """The convolutions with the numbers of channels that come in."""
    for _, layer, given, out in steps(layers, shape):
        if isinstance(layer, Conv):
            if _is_depthwise(layer) and out[0] != given[0]:
                text = f"a depthwise convolution of {given[0]} channels to {out[0]}"
                raise ShapeError("Y25", f"{text} is not made narrower")
            yield layer, given[0]
        for part in layer.parts(given):
            yield from _inputs(part.layers, part.shape)


def _is_depthwise(conv: Conv) -> bool:
    return conv.groups == "depthwise" or (conv.groups == conv.channels and conv.groups != 1)


@dataclass(frozen=True)
class _Narrowing:
    """One way to narrow; `inputs` are the channels that came into equal convolutions."""

    share: float
    multiple: int
    inputs: Mapping[Layer, Set[int]]

    def width(self, width: int) -> int:
        """Its share, to the nearest multiple, which is the least, and no wider."""
        nearest = math.floor(width * self.share / self.multiple + 0.5)
        return min(width, self.multiple * max(1, nearest))

    def layers(self, layers: Layers, *, last: bool) -> Layers:
        """All of a list; with `last` the one that gives the network's outputs keeps its width."""
        wide = [place for place, layer in enumerate(layers) if self._has_width(layer)]
        final = wide[-1] if last and wide else None
        return tuple(self._layer(layer, place == final) for place, layer in enumerate(layers))

    @staticmethod
    def _has_width(layer: Layer) -> bool:
        if isinstance(layer, Conv):
            return not _is_depthwise(layer)
        return isinstance(layer, Linear) or bool(layer.layer_fields)

    def _layer(self, layer: Layer, last: bool) -> Layer:
        if not isinstance(layer, Conv | Linear):
            return layer.with_layers(lambda inner: self.layers(inner, last=last))
        if last or (isinstance(layer, Conv) and layer.init == "whitening"):
            return layer
        if isinstance(layer, Conv) and _is_depthwise(layer):
            return layer.model_copy(update={"groups": "depthwise", "channels": None})
        return layer.model_copy(update=self._changed(layer))

    def _changed(self, layer: Conv | Linear) -> dict[str, Any]:
        if isinstance(layer, Linear):
            width = self.width(layer.units)
            changed: dict[str, Any] = {"units": width}
        else:
            assert isinstance(layer.channels, int)
            assert isinstance(layer.groups, int)
            width = self.width(layer.channels)
            groups = math.gcd(layer.groups, width, *map(self.width, self.inputs[layer]))
            changed = {"channels": width, "groups": groups}
        if isinstance(layer.norm, GroupNorm) and layer.norm.groups > 1:
            groups = math.gcd(layer.norm.groups, width)
            changed["norm"] = layer.norm.model_copy(update={"groups": groups})
        return changed
