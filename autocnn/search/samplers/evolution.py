"""Regularized evolution: the oldest die, whatever they are worth."""

from __future__ import annotations

import random

from autocnn.search.samplers.history_sampler import Features, HistorySampler
from autocnn.search.samplers.past import Feasible, Filling, Past
from autocnn.search.samplers.variation import completed, crossed, mutated


class EvolutionSampler(HistorySampler):
    """Mutates the best of `tournament` members of the population: the youngest `population`.

    With probability `crossover` the child has a second parent, found in the same way, and each of
    its holes, with all that depend on it, comes from either. See https://arxiv.org/abs/1802.01548.
    """

    mutates = True

    def __init__(
        self,
        seed: int | None = None,
        *,
        population: int = 20,
        tournament: int = 5,
        crossover: float = 0.3,
        feasible: Feasible | None = None,
        features: Features | None = None,
    ):
        super().__init__(seed, feasible=feasible, features=features)
        self._population, self._tournament = population, tournament
        self._crossover = crossover

    def propose(self, past: Past, chance: random.Random) -> Filling:
        """A random filling until there is a population, then a child of it."""
        if len(past.fillings) < self._population:
            return completed({}, past, chance)
        child = self._winner(past, chance)
        if chance.random() < self._crossover:
            child = crossed(child, self._winner(past, chance), past, chance)
        return mutated(child, past, chance)

    def _winner(self, past: Past, chance: random.Random) -> Filling:
        """The best of a random part of the population."""
        youngest = range(len(past.fillings) - self._population, len(past.fillings))
        entrants = chance.sample(youngest, min(self._tournament, self._population))
        return past.fillings[max(entrants, key=lambda index: past.scores[index])]
