"""Layers and blocks that were made before: equal ones need not be made or kept again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from autocnn.space.layer import Layer, Shape
from autocnn.space.term import Block, Closure, Pick, Range

MOST = 10_000
"""Uses that are remembered; an argument that is a `float` has new values all the time."""


class MadeBlocks:
    """Remembers layers, and groups of blocks without holes of their own, over all fillings."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[Layer, Shape]] = {}
        self._fixed: dict[Block, bool] = {}
        self._layers: dict[Layer, Layer] = {}

    def key(
        self, block: Block, given: Mapping[str, Any], shape: Shape, around: str
    ) -> Hashable | None:
        """What makes two uses the same, or None where more than that decides.

        `around` tells what the body sees beside arguments and shape.
        """
        if any(isinstance(value, Closure) for value in given.values()):
            return None
        if block not in self._fixed:
            self._fixed[block] = _fixed(block)
        return (block, repr(given), shape, around) if self._fixed[block] else None

    def shared(self, layer: Layer) -> Layer:
        """The one that was made first of equal layers: thousands of candidates share few."""
        if len(self._layers) >= MOST:
            self._layers.clear()
        return self._layers.setdefault(layer, layer)

    def get(self, key: Hashable | None) -> tuple[Layer, Shape] | None:
        """The group and its output shape, if they are known."""
        return self._made.get(key)

    def add(self, key: Hashable | None, group: Layer, out: Shape) -> None:
        """Remember a group; without a key there is nothing to find it by."""
        if len(self._made) >= MOST:
            self._made.clear()
        if key is not None:
            self._made[key] = group, out


def _fixed(term: Any) -> bool:
    """Whether nothing is filled in, in a term and all that it holds."""
    if isinstance(term, Block) and term.outer:
        return False
    if isinstance(term, Pick) and len(term.alternatives) > 1:
        return False
    if isinstance(term, Range) and term.low != term.high:
        return False
    if isinstance(term, Mapping):
        return all(map(_fixed, term.values()))
    if isinstance(term, tuple):
        return all(map(_fixed, term))
    if is_dataclass(term) and not isinstance(term, type):
        return all(_fixed(getattr(term, field.name)) for field in fields(term))
    return True
