"""Fillings as rows of numbers, for models of what a filling is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution

from autocnn.search.samplers.conditions import CLOSED
from autocnn.search.samplers.numbers import is_number, place

Rows = NDArray[np.float64]

BUMPS = 7
"""Evenly spaced bumps that tell where a number lies between its bounds."""

CENTRES = np.linspace(0, 1, BUMPS)

REMEMBERED = 1000
"""Vectors of one hole's values that are kept; a `float` has new ones all the time."""


class Encoding:
    """Writes each hole as a vector of length 1, so that equal values have the product 1.

    A choice has one place per alternative; a number has overlapping bumps, so that near values
    have a product near 1; choices among numbers have both. A hole that is closed has a place of
    its own. Holes with the same distribution are of one `kind`: what is good in one of them is
    likely good in another.
    """

    def __init__(self, distributions: Mapping[str, BaseDistribution]):
        self.distributions = dict(distributions)
        self._places: dict[str, dict[Any, int]] = {name: {} for name in distributions}
        self._vectors: dict[str, Rows] = {}
        groups: dict[BaseDistribution, list[int]] = {}
        widths = []
        for index, distribution in enumerate(self.distributions.values()):
            groups.setdefault(distribution, []).append(index)
            widths.append(_width(distribution) + 1)
        self.holes = len(widths)
        starts = np.concatenate([[0], np.cumsum(widths)]).astype(int)
        self._slices = [slice(a, b) for a, b in pairwise(starts)]
        self._width = int(starts[-1])
        self._kinds = [members for members in groups.values() if len(members) > 1]

    def rows(self, fillings: Sequence[Mapping[str, Any]]) -> Rows:
        """One row per filling, (fillings, width)."""
        rows = np.empty((len(fillings), self._width))
        for name, part in zip(self.distributions, self._slices, strict=True):
            values = [filling.get(name, CLOSED) for filling in fillings]
            try:
                places = [*map(self._places[name].__getitem__, values)]
            except KeyError:
                self._meet(name, set(values))
                places = [*map(self._places[name].__getitem__, values)]
            rows[:, part] = self._vectors[name][places]
        return rows

    def _meet(self, name: str, values: set[Any]) -> None:
        """Make the vectors of values of a hole that are new."""
        places, distribution = self._places[name], self.distributions[name]
        if len(places) > REMEMBERED:
            places.clear()
        new = list(values.difference(places))
        vectors = _vectors(distribution, new)
        old = self._vectors[name][: len(places)] if places else vectors[:0]
        self._vectors[name] = np.concatenate([old, vectors])
        places.update(zip(new, range(len(places), len(places) + len(new)), strict=True))

    def counts(self, rows: Rows) -> Rows:
        """How often the holes of one kind have each value, scaled to a mean square of about 1."""
        parts = []
        for members in self._kinds:
            inner = [rows[:, self._slices[index]][:, :-1] for index in members]
            scale = len(members) * (1 + len(members) / inner[0].shape[1])
            parts.append(np.sum(inner, axis=0) * np.sqrt(len(members) / scale))
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(rows), 0))


def _width(distribution: BaseDistribution) -> int:
    if not isinstance(distribution, CategoricalDistribution):
        return BUMPS
    return len(distribution.choices) + (BUMPS if _ordered(distribution) else 0)


def _ordered(distribution: CategoricalDistribution) -> bool:
    """Whether the alternatives are numbers, three at least."""
    numbers = [type(c) in (int, float) for c in distribution.choices]
    return all(numbers) and len(numbers) > 2


def _vectors(distribution: BaseDistribution, values: Sequence[Any]) -> Rows:
    """One row per value."""
    rows = np.zeros((len(values), _width(distribution) + 1))
    if is_number(distribution):
        where = np.array([0.0 if v is CLOSED else place(distribution, v) for v in values])
        rows[:, :-1] = _bumps(where)
    else:
        assert isinstance(distribution, CategoricalDistribution)
        choices = distribution.choices
        own = [0 if v is CLOSED else int(distribution.to_internal_repr(v)) for v in values]
        rows[range(len(own)), own] = 1.0
        if _ordered(distribution):
            order = sorted(range(len(choices)), key=lambda i: choices[i])  # type: ignore[arg-type,return-value]
            ranks = np.argsort(order)[own]
            rows[:, len(choices) : -1] = _bumps(ranks / (len(choices) - 1))
            rows /= np.sqrt(2)
    closed = [value is CLOSED for value in values]
    rows[closed] = 0.0
    rows[closed, -1] = 1.0
    return rows


def _bumps(where: Rows) -> Rows:
    bumps: Rows = np.exp(-0.5 * ((where[:, None] - CENTRES) / 0.2) ** 2)
    bumps /= np.linalg.norm(bumps, axis=1, keepdims=True)
    return bumps
