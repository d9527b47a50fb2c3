"""A model of the scores chooses among mutations of the best."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autocnn.search.samplers.encoding import Encoding
from autocnn.search.samplers.gaussian_process import (
    GaussianProcess,
    Inputs,
    Kernel,
    Rows,
    fitted,
    likeness,
    one_thread,
)
from autocnn.search.samplers.history_sampler import Features, HistorySampler
from autocnn.search.samplers.past import Feasible, Filling, Key, Past, key
from autocnn.search.samplers.variation import completed, crossed, mutated, neighbours

KNOWN = 200
"""The model is made from so many trials at most: one half the best, the other the last ones."""

REJECTED = 30
"""So many infeasible trials, the last ones, count as the worst."""

FITTED = 100
"""The kernel is chosen by so many trials at most."""

NOISES = (0.02, 0.1, 0.3)
ADDITIVE = (0.3, 0.6)
"""The kernel is chosen among these shares of effects of single holes."""

APART = 3
"""One in so many trials begins anew where the best has nothing better near."""

Places = NDArray[np.int64]
"""Trials by their places in the past."""


class SurrogateSampler(HistorySampler):
    """Proposes what a model of the scores expects to improve most on the best.

    The model is Bayesian linear regression on choices and products of two of them, written as a
    Gaussian process. What it learns of an alternative in one hole passes on to holes with the same
    alternatives. After `startup` random trials the `candidates` are mutations in one to three
    holes of the `parents` best trials, crosses of them, and a few random fillings. Once as many
    trials as the best one has neighbours have not come up to it, every third trial belongs to a
    climb of its own, which begins at random, knows nothing of the others, and begins anew by the
    same rule. See https://arxiv.org/abs/1806.08838.
    """

    mutates = True

    def __init__(
        self,
        seed: int | None = None,
        *,
        startup: int = 8,
        parents: int = 5,
        candidates: int = 200,
        feasible: Feasible | None = None,
        features: Features | None = None,
    ):
        super().__init__(seed, feasible=feasible, features=features)
        self._startup, self._parents, self._candidates = startup, parents, candidates
        self._encoding = Encoding({})
        self._told_before: dict[Key, tuple[float, ...]] = {}

    def propose(self, past: Past, chance: random.Random) -> Filling | None:
        """The most promising new candidate; a random filling before there is a model."""
        climb = climb_of(past)
        if len(climb) < self._startup:
            return None
        if past.distributions != self._encoding.distributions:
            self._encoding = Encoding(past.distributions)
        candidates = self._variants(past, climb, chance)
        if not candidates:
            return None
        with one_thread():
            mean, deviation, best = self._foretold(past, climb, candidates)
        order = np.argsort(-log_expected_improvement(mean, deviation, best), kind="stable")
        return next((found for i in order if self.allows(found := candidates[i])), None)

    def _variants(self, past: Past, climb: Places, chance: random.Random) -> list[Filling]:
        """New candidates from the best of a climb, each once."""
        parents = [past.fillings[index] for index in best_first(past, climb)[: self._parents]]
        found: dict[Key, Filling] = {}
        for _ in range(self._candidates):
            way, parent = chance.random(), chance.choice(parents)
            if way < 0.1:
                child = completed({}, past, chance)
            elif way < 0.2:
                child = mutated(
                    crossed(parent, chance.choice(parents), past, chance), past, chance
                )
            else:
                child = mutated(parent, past, chance, 1 if way < 0.6 else 2 if way < 0.85 else 3)
            found.setdefault(key(child), child)
        return [child for same, child in found.items() if not past.has_key(same)]

    def _foretold(
        self, past: Past, climb: Places, candidates: list[Filling]
    ) -> tuple[Rows, Rows, float]:
        """Mean and deviation of the candidates' scores, and the best score of a known one."""
        known = {*best_first(past, climb)[: KNOWN // 2], *climb[-KNOWN // 2 :]}
        kept = sorted(int(index) for index in known)
        rejected = past.rejected[-REJECTED:]
        scores = levelled(past.scores[kept])
        scores = np.concatenate([scores, np.full(len(rejected), scores.min())])
        fillings = [*(past.fillings[index] for index in kept), *rejected, *past.pending]
        inputs = self._inputs(fillings + candidates, len(scores))
        first, asked = slice(len(scores)), slice(len(fillings), None)
        given = likeness(inputs.of(slice(len(fillings))), inputs)
        kernels = [Kernel(len(past.distributions), share) for share in ADDITIVE]
        few = slice(0, len(scores), -(-len(scores) // FITTED))
        kernel, noise = fitted(given.of(few, few), scores[few], kernels, NOISES)
        alike = kernel.of(given)
        process = GaussianProcess(alike[first, first], noise, scores)
        best = float(process.fitted.max())
        if past.pending:
            # What is under way counts as if it had come out as foretold.
            first, under_way = slice(len(fillings)), slice(len(scores), len(fillings))
            scores = np.concatenate([scores, process.mean(alike[: len(scores), under_way])])
            process = GaussianProcess(alike[first, first], noise, scores)
        cross = alike[first, asked]
        deviation = process.deviation(cross, kernel.diagonal(inputs.of(asked)))
        return process.mean(cross), deviation, best

    def _inputs(self, fillings: list[Filling], known: int) -> Inputs:
        """As the model reads them; features in units of their spread over the first `known`."""
        rows = self._encoding.rows(fillings)
        features = np.zeros((len(fillings), 0))
        if self._features is not None:
            features = np.array([self._told(filling) for filling in fillings], dtype=np.float64)
            own = features[:known]
            features = np.clip((features - own.mean(0)) / (own.std(0) + 1e-9), -3, 3)
        return Inputs(rows, self._encoding.counts(rows), features)

    def _told(self, filling: Filling) -> Sequence[float]:
        assert self._features is not None
        same, known = key(filling), self._told_before
        if same not in known:
            told = self._features(filling)
            try:
                found = tuple(map(float, told))
            except (TypeError, ValueError):
                found = (math.nan,)
            width = len(next(iter(known.values()), found))
            if len(found) != width or not all(map(math.isfinite, found)):
                text = "features(params) must give finite numbers, as many for each trial"
                raise ValueError(f"{text}; got {told!r} for {filling}")
            known[same] = found
        return known[same]


def best_first(past: Past, climb: Places) -> Places:
    """The places of a climb, the best score first."""
    return climb[np.argsort(-past.scores[climb], kind="stable")]


def climb_of(past: Past) -> Places:
    """The trials that the next one is made from: all, or those of a climb of its own."""
    own = everything = np.arange(len(past.scores))
    apart = np.asarray(past.numbers, dtype=np.int64) % APART == 0
    while len(own):
        best = int(np.argmax(past.scores[own]))
        end = best + 1 + neighbours(past.fillings[own[best]], past)
        if end > len(own):
            break
        if past.asking % APART:
            return everything
        own = own[end:][apart[own[end:]]]
    return own


def levelled(scores: Rows) -> Rows:
    """Scores as the logarithm of how near they come to the best, to mean 0 and variance 1.

    So the best are told apart, and networks that fail to learn, which lie far below the others,
    say little. Nearer than 0.3 of the median distance counts ever less: there is noise.
    """
    distances = scores.max() - scores
    levels: Rows = -np.log(distances + 0.3 * np.median(distances) + 1e-12)
    levels -= levels.mean()
    levels /= levels.std() + 1e-12
    return levels


def log_expected_improvement(mean: Rows, deviation: Rows, best: float) -> Rows:
    """The logarithm of how far a normal variable exceeds `best` on average."""
    from scipy.special import log_ndtr, ndtr

    ratio = (mean - best) / deviation
    density = np.exp(-0.5 * ratio**2) / np.sqrt(2 * np.pi)
    gain = ratio * ndtr(ratio) + density
    # Far below the best the sum above is all rounding: its leading term takes its place.
    far = log_ndtr(np.minimum(ratio, -1)) - np.log(np.maximum(-ratio, 1))
    found: Rows = np.log(deviation) + np.where(ratio > -5, np.log(np.maximum(gain, 1e-300)), far)
    return found
