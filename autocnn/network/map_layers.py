"""Where a network turns from maps to features."""

from __future__ import annotations

from autocnn.network.chain import chain_shape, steps
from autocnn.space.candidate import Architecture
from autocnn.space.layer import Shape, several


def map_layers(architecture: Architecture) -> tuple[int, Shape]:
    """How many of the first layers end in one map `(channels, height, width)`, and its shape.

    A map with a channel for each class, before a global pool, belongs to the last layers; 0 layers
    where there is no other. Raises ShapeError.
    """
    classes = chain_shape(architecture.layers, architecture.shape)[0]
    found: tuple[int, Shape] = 0, architecture.shape
    for place, (_, _, _, out) in enumerate(steps(architecture.layers, architecture.shape)):
        if not several(out) and len(out) == 3 and out[0] != classes:
            found = place + 1, out
    return found
