"""Climbing by changes of one hole, beginning anew where nothing near is better."""

from __future__ import annotations

import random

from autocnn.search.samplers.history_sampler import Features, HistorySampler
from autocnn.search.samplers.past import Feasible, Filling, Past
from autocnn.search.samplers.variation import completed, differing, mutated


class LocalSearchSampler(HistorySampler):
    """Changes one hole of the best filling of a climb; after `patience` in vain, climbs anew.

    Where a climb began and which its best is are read from the trials: one that differs in more
    than one hole from the best before it is a beginning. See https://arxiv.org/abs/2005.02960.
    """

    mutates = True

    def __init__(
        self,
        seed: int | None = None,
        *,
        patience: int = 30,
        feasible: Feasible | None = None,
        features: Features | None = None,
    ):
        super().__init__(seed, feasible=feasible, features=features)
        self._patience = patience

    def propose(self, past: Past, chance: random.Random) -> Filling:
        """A new neighbour of the climb's best, or a new beginning where there is none."""
        best, vain = self._climb(past)
        if best is not None and vain < self._patience:
            for _ in range(self._patience):
                neighbour = mutated(best, past, chance)
                if self.allows(neighbour):
                    return neighbour
        return completed({}, past, chance)

    def _climb(self, past: Past) -> tuple[Filling | None, int]:
        """The best of the climb that goes on, and how many of its steps were in vain since."""
        best, score, vain = None, 0.0, 0
        climb: list[Filling] = []  # its bests: with several workers some are neighbours of others
        for filling, found in zip(past.fillings, past.scores, strict=True):
            if all(differing(each, filling) > 1 for each in climb):
                best, score, vain, climb = filling, float(found), 0, [filling]
            elif found > score:
                best, score, vain = filling, float(found), 0
                climb.append(filling)
            else:
                vain += 1
        return best, vain
