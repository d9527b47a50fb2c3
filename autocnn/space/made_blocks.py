"""Layers and blocks that were made before: equal ones need not be made or kept again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from autocnn.space.layer import Layer, Shape
from autocnn.space.term import Block, Closure

MOST = 1024
"""Uses that are remembered; an option that is a `float` has new values all the time."""


class MadeBlocks:
    """Remembers layers, and groups that blocks stand for, over all fillings."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[Layer, Shape]] = {}
        self._layers: dict[Layer, Layer] = {}

    def key(
        self, block: Block, seen: Sequence[Mapping[str, Any]], shape: Shape, around: str
    ) -> Hashable | None:
        """What makes two uses of a block the same, or None where more than that decides.

        `seen` are the names that its body sees and the values of the holes in it, `around` is what
        it sees beside these and the shape.
        """
        if any(isinstance(value, Closure) for names in seen for value in names.values()):
            return None
        return (block, repr(seen), shape, around)

    def shared(self, layer: Layer) -> Layer:
        """The one that was made first of equal layers: thousands of candidates share few."""
        if len(self._layers) >= MOST:
            self._layers.clear()
        return self._layers.setdefault(layer, layer)

    def get(self, key: Hashable | None) -> tuple[Layer, Shape] | None:
        """What was made, and its output shape, if that is known."""
        return self._made.get(key)

    def add(self, key: Hashable | None, made: Layer, out: Shape) -> None:
        """Remember what was made; without a key there is nothing to find it by."""
        if len(self._made) >= MOST:
            self._made.clear()
        if key is not None:
            self._made[key] = made, out
