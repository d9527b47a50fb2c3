"""Finds the filling of a space that makes a given network: what `elaborate` does, backwards."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autocnn.space.candidate import Candidate
from autocnn.space.elaborate import elaborate
from autocnn.space.fill import fill
from autocnn.space.hole import Hole
from autocnn.space.infeasible import Infeasible
from autocnn.space.sample import draw
from autocnn.space.space import Space

BEGINNINGS = 12
"""Random fillings from which the search begins, where the one before led nowhere."""

SWEEPS = 4
"""How often every hole is looked at, at most, from one beginning."""

LISTED = 64
"""Whole numbers of a hole that are tried one by one; of more, those that the network has."""

Distance = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Found:
    """Values of all open holes; `missed` counts what of the recipe the space does not have."""

    values: Mapping[str, Any]
    missed: int


def values_of(candidate: Candidate, space: Space) -> Found | None:
    """Values that make the candidate's architecture, with a recipe as near as can be, or None.

    Holes are changed one after the other while that brings the network nearer, so a network that
    lies in the space may be missed; what is found makes exactly its architecture. Takes about as
    many elaborations as the space has alternatives, some times over.
    """
    shape, classes = candidate.architecture.shape, candidate.classes
    target = candidate.to_json()
    layers, recipe = _leaves(target["architecture"]), _leaves(target["training"])
    numbers = _numbers(target)

    def made(values: Mapping[str, Any]) -> tuple[Distance, dict[str, Any]]:
        chance = random.Random(0)
        filled = fill(space, lambda hole: values.get(hole.name, draw(hole, chance)))
        result = elaborate(filled, shape, classes)
        if isinstance(result, Infeasible):
            return (2 * len(layers), 0), dict(filled.values)
        found = result.to_json()
        apart = _leaves(found["architecture"]) ^ layers
        return (len(apart), len(_leaves(found["training"]) - recipe)), dict(filled.values)

    for beginning in range(BEGINNINGS):
        chance = random.Random(beginning)
        values: dict[str, Any] = {}
        if beginning:
            values = {hole.name: draw(hole, chance) for hole in space.holes}
        distance, values = made(values)
        for _ in range(SWEEPS):
            before = distance
            for name in list(values):
                if name not in values:
                    continue
                for value in _tried(space.hole(name), numbers):
                    nearer, filled = made({**values, name: value})
                    if nearer < distance:
                        distance, values = nearer, filled
            if distance in (before, (0, 0)):
                break
        if distance[0] == 0:
            return Found(values, distance[1])
    return None


def _tried(hole: Hole, numbers: Mapping[str, set[float]]) -> Iterator[Any]:
    """The values of a hole that could be the network's."""
    if hole.kind == "choice" or (hole.kind == "int" and hole.high - hole.low <= LISTED):
        yield from hole.values() or ()
        return
    # What is under the hole's own word goes first; that of a `define` may be anybody's.
    named, every = numbers.get(hole.name.rpartition(".")[2], set()), set().union(*numbers.values())
    kind = int if hole.kind == "int" else float
    known = (*sorted(named), *sorted(every - named))
    yield from (kind(number) for number in known if hole.accepts(kind(number)))


def _leaves(node: Any, path: str = "") -> set[str]:
    """Every option with its value, by its path: a layer's place says where it stands."""
    if isinstance(node, dict | list):
        below = node.items() if isinstance(node, dict) else enumerate(node)
        return set().union(*(_leaves(inner, f"{path}.{key}") for key, inner in below))
    return {f"{path}={node!r}"}


def _numbers(node: Any, key: str = "") -> dict[str, set[float]]:
    """Every number in a JSON value by the key that it stands under."""
    found: dict[str, set[float]] = {}
    if isinstance(node, dict | list):
        below = node.items() if isinstance(node, dict) else ((key, inner) for inner in node)
        for name, inner in below:
            for word, numbers in _numbers(inner, name).items():
                found.setdefault(word, set()).update(numbers)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        found[key] = {node}
    return found
