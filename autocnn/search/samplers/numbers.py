"""Values of Optuna's distributions as places on [0, 1], and back; random values."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

NUMBERS = FloatDistribution, IntDistribution


def is_number(distribution: BaseDistribution) -> bool:
    """Whether values have an order: an `int` or a `float`."""
    return isinstance(distribution, NUMBERS)


def place(distribution: BaseDistribution, value: Any) -> float:
    """Where a number lies between its bounds: 0 to 1, by the logarithm where it has one."""
    assert isinstance(distribution, NUMBERS)
    low, high, at = float(distribution.low), float(distribution.high), float(value)
    if low == high:
        return 0.5
    if distribution.log:
        low, high, at = math.log(low), math.log(high), math.log(at)
    return (at - low) / (high - low)


def at_place(distribution: BaseDistribution, where: float) -> Any:
    """The value nearest to a place from 0 to 1."""
    assert isinstance(distribution, NUMBERS)
    low, high = float(distribution.low), float(distribution.high)
    if distribution.log:
        value = math.exp(math.log(low) + where * (math.log(high) - math.log(low)))
    else:
        value = low + where * (high - low)
    if distribution.step is not None and not distribution.log:
        value = low + round((value - low) / distribution.step) * distribution.step
    value = min(max(value, low), high)
    return round(value) if type(distribution) is IntDistribution else value


def listed(distribution: BaseDistribution) -> Sequence[Any] | None:
    """Every value in order, or None where there are too many: a `float` without a step."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices
    if isinstance(distribution, IntDistribution):
        return range(distribution.low, distribution.high + 1, distribution.step)
    assert isinstance(distribution, FloatDistribution)
    if distribution.step is None:
        return None
    steps = round((distribution.high - distribution.low) / distribution.step)
    return [at_place(distribution, index / max(1, steps)) for index in range(steps + 1)]


def drawn(distribution: BaseDistribution, chance: random.Random) -> Any:
    """A random value: even, or even by the logarithm."""
    if type(distribution) is CategoricalDistribution:
        return chance.choice(distribution.choices)
    if type(distribution) is IntDistribution and not distribution.log:
        return chance.randrange(distribution.low, distribution.high + 1, distribution.step)
    return at_place(distribution, chance.random())


def moved(distribution: BaseDistribution, value: Any, chance: random.Random) -> Any:
    """Another value: any other alternative, a number near by as often as one anywhere."""
    if type(distribution) is CategoricalDistribution:
        own, choices = int(distribution.to_internal_repr(value)), distribution.choices
        return chance.choice(choices[:own] + choices[own + 1 :])
    for _ in range(20):
        where = chance.random()
        if chance.random() < 0.5:
            where = place(distribution, value) + chance.gauss(0, 0.15)
        found = at_place(distribution, min(max(where, 0.0), 1.0))
        if found != value:
            return found
    return next(other for other in listed(distribution) or [found] if other != value)
