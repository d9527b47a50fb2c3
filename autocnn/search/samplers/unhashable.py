"""Alternatives that cannot be hashed, such as lists, which Optuna takes with a warning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from optuna.distributions import BaseDistribution, CategoricalDistribution

Filling = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Unhashable:
    """Stands for an alternative by its place among the choices."""

    place: int
    value: Any = field(compare=False)


def hashable(distribution: BaseDistribution) -> BaseDistribution:
    """The same distribution, or one with stand-ins."""
    if not isinstance(distribution, CategoricalDistribution):
        return distribution
    choices = tuple(
        choice if _has_hash(choice) else Unhashable(place, choice)
        for place, choice in enumerate(distribution.choices)
    )
    if not any(isinstance(choice, Unhashable) for choice in choices):
        return distribution
    changed = copy(distribution)  # a new one would warn of them again
    changed.choices = choices  # type: ignore[assignment]
    return changed


def standing(params: Filling, distributions: Mapping[str, BaseDistribution]) -> Filling:
    """The same filling, or one with stand-ins; `distributions` are as they were given."""
    stands: Filling = {}
    for name, value in params.items():
        if not _has_hash(value):
            place = int(distributions[name].to_internal_repr(value))
            stands[name] = Unhashable(place, value)
    return {**params, **stands} if stands else params


def plain(filling: Mapping[str, Any]) -> Mapping[str, Any]:
    """The filling without stand-ins."""
    if not any(isinstance(value, Unhashable) for value in filling.values()):
        return filling
    return {
        name: value.value if isinstance(value, Unhashable) else value
        for name, value in filling.items()
    }


@dataclass(frozen=True)
class OfPlain(Generic[T]):
    """A function of fillings that sees them without stand-ins."""

    function: Callable[[Mapping[str, Any]], T]

    def __call__(self, filling: Mapping[str, Any]) -> T:
        return self.function(plain(filling))


def _has_hash(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
