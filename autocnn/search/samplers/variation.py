"""New fillings from old ones: random, mutated, crossed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from optuna.distributions import CategoricalDistribution

from autocnn.search.samplers.numbers import drawn, moved
from autocnn.search.samplers.past import Past

Filling = dict[str, Any]


def completed(wanted: Mapping[str, Any], past: Past, chance: random.Random) -> Filling:
    """The filling with these values where holes are open, and random ones where none is given."""
    return past.conditions.filled(wanted, lambda name: drawn(past.distributions[name], chance))


def mutated(
    parent: Mapping[str, Any], past: Past, chance: random.Random, holes: int = 1
) -> Filling:
    """The parent with other values in some of its holes; what these open is drawn anew."""
    free = [name for name in parent if name in past.free]
    child, count = dict(parent), min(holes, len(free))
    changed = [chance.choice(free)] if count == 1 else chance.sample(free, count)
    for name in changed:
        child[name] = moved(past.distributions[name], parent[name], chance)
    if past.conditions.deciding.isdisjoint(changed):
        return child
    return completed(child, past, chance)


def crossed(
    mother: Mapping[str, Any], father: Mapping[str, Any], past: Past, chance: random.Random
) -> Filling:
    """Each hole from one of two parents, with all holes that depend on it from the same one."""
    child: Filling = {}
    giver: dict[str, Mapping[str, Any]] = {}
    for name in past.conditions.names:
        if not past.conditions.opens(name, child):
            continue
        above = past.conditions.parent(name)
        giver[name] = giver[above] if above in giver else chance.choice((mother, father))
        known = name in giver[name]
        child[name] = giver[name][name] if known else drawn(past.distributions[name], chance)
    return child


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """How many holes that are open in both have different values."""
    return sum(name in other and other[name] != value for name, value in one.items())


def neighbours(filling: Mapping[str, Any], past: Past) -> int:
    """How many fillings differ from this one in one alternative, or in a number by one step."""
    holes = [past.distributions[name] for name in filling if name in past.free]
    return sum(
        len(hole.choices) - 1 if isinstance(hole, CategoricalDistribution) else 2 for hole in holes
    )
