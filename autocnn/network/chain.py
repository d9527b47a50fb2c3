"""Layers one after the other: names, shapes, counts and the module of a list of layers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from autocnn.space.layer import Counts, Layer, Shape

if TYPE_CHECKING:
    from torch import nn

REMEMBERED = 1024
"""Shapes and counts of so many layers are remembered: in a search they come again and again."""


def steps(layers: Sequence[Layer], shape: Shape) -> Iterator[tuple[str, Layer, Shape, Shape]]:
    """Yield `(name, layer, input shape, output shape)` for each layer; raises ShapeError.

    The name is the layer's word, or its block's name, and its place: `conv_0`, `mbconv_2`. It
    is the name of the submodule too.
    """
    for place, layer in enumerate(layers):
        out = _next_shape(layer, shape)
        yield f"{getattr(layer, 'name', layer.word)}_{place}", layer, shape, out
        shape = out


def chain_shape(layers: Sequence[Layer], shape: Shape) -> Shape:
    """The output shape of a list of layers; raises ShapeError."""
    for layer in layers:
        shape = _next_shape(layer, shape)
    return shape


@lru_cache(maxsize=REMEMBERED)
def _next_shape(layer: Layer, shape: Shape) -> Shape:
    layer.check_number(shape)
    return layer.out_shape(shape)


def chain_counts(layers: Sequence[Layer], shape: Shape) -> Counts:
    """The counts of a list of layers with everything inside them."""
    return sum((_counts(layer, given) for _, layer, given, _ in steps(layers, shape)), Counts())


@lru_cache(maxsize=REMEMBERED)
def _counts(layer: Layer, shape: Shape) -> Counts:
    parts = (chain_counts(part.layers, part.shape) for part in layer.parts(shape))
    return sum(parts, layer.counts(shape))


def chain_module(layers: Sequence[Layer], shape: Shape) -> nn.Sequential:
    """The layers as one `nn.Sequential` with readable names."""
    from torch import nn

    return nn.Sequential(
        OrderedDict((name, layer.build(given)) for name, layer, given, _ in steps(layers, shape))
    )
