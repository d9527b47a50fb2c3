"""Whether a network that is made for one size of images can take others."""

from __future__ import annotations

from collections.abc import Sequence

from autocnn.network.chain import chain_shape, steps
from autocnn.space.candidate import Architecture
from autocnn.space.layer import Layer, Shape, ShapeError


def fault_at(architecture: Architecture, size: tuple[int, int]) -> str:
    """Why the network, as it is built, cannot take images of another height and width, or nothing.

    It can where every layer would be built alike for that size, and takes what reaches it.
    """
    shape = (architecture.shape[0], *size)
    try:
        _compare(architecture.layers, architecture.shape, shape)
        out = chain_shape(architecture.layers, shape)
    except ShapeError as error:
        return str(error)
    whole = chain_shape(architecture.layers, architecture.shape)
    return "" if out == whole else f"the output would be {out} instead of {whole}"


def _compare(layers: Sequence[Layer], made: Shape, given: Shape) -> None:
    """Raise ShapeError at the first layer that is built otherwise for `given` than for `made`."""
    for (_, layer, whole, _), (_, _, other, _) in zip(
        steps(layers, made), steps(layers, given), strict=True
    ):
        if layer.fixed(whole) != layer.fixed(other):
            raise ShapeError("Y25", f"{layer.word} is made for {whole}, not for {other}")
        for part, smaller in zip(layer.parts(whole), layer.parts(other), strict=True):
            _compare(part.layers, part.shape, smaller.shape)
