"""A grid over the holes, in random order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from autocnn.search.samplers.history_sampler import TRIES, Features, HistorySampler
from autocnn.search.samplers.numbers import at_place, listed
from autocnn.search.samplers.past import Feasible, Filling, Past


class TreeGridSampler(HistorySampler):
    """Tries the points of a grid, each once, in random order, and random fillings after them.

    Choices and whole numbers have all their values, other numbers `points` of them, evenly spaced
    by the logarithm where they have one. Holes that depend on others have points where they are
    open, which `optuna.samplers.GridSampler` cannot say.
    """

    def __init__(
        self,
        seed: int | None = None,
        *,
        points: int = 5,
        feasible: Feasible | None = None,
        features: Features | None = None,
    ):
        super().__init__(seed, feasible=feasible, features=features)
        self._points = points

    def propose(self, past: Past, chance: random.Random) -> Filling | None:
        """A point that was not tried, or None where none is left."""
        for _ in range(TRIES):
            filling: Filling = {}
            for name in past.conditions.names:
                if past.conditions.opens(name, filling):
                    filling[name] = chance.choice(self._values(past.distributions[name]))
            if self.allows(filling):
                return filling
        return past.unseen(self._feasible, self._values)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        """A random point for a parameter that is met for the first time."""
        return self._chance.choice(self._values(param_distribution))

    def _values(self, distribution: BaseDistribution) -> Sequence[Any]:
        values = listed(distribution)
        if values is not None:
            return values
        steps = max(1, self._points - 1)
        return [at_place(distribution, index / steps) for index in range(self._points)]
