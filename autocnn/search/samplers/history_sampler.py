"""What our samplers have in common: they read the history, and never try anything twice."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import RLock
from typing import Any, ClassVar

import optuna
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from autocnn.search.samplers.numbers import drawn
from autocnn.search.samplers.past import Feasible, Filling, Past
from autocnn.search.samplers.unhashable import OfPlain, plain
from autocnn.search.samplers.variation import completed

TRIES = 100
"""So many proposals may be known or infeasible before what is left is enumerated."""

PARENT = "autocnn:parent"
"""The system attribute with the number of the trial that a proposal was made from."""

Features = Callable[[Mapping[str, Any]], Sequence[float]]


class HistorySampler(BaseSampler, ABC):
    """An Optuna sampler for any study with one objective, conditional parameters included.

    All it knows it reads from the study's trials; which parameters depend on others it learns
    there. What was tried is not proposed again; a finite space that is used up stops the study.
    With `n_jobs` one thread proposes after the other. `feasible(params)` says what is not worth a
    trial: such proposals are drawn again. `features(params)` gives numbers that tell more of a
    network than its choices do, such as the logarithm of its parameters; always as many, and only
    models use them.
    """

    mutates: ClassVar[bool] = False
    """Whether what it proposes is made from trials, which it then tells under PARENT."""

    def __init__(
        self,
        seed: int | None = None,
        *,
        feasible: Feasible | None = None,
        features: Features | None = None,
    ):
        self._past = Past()
        self._lock = RLock()
        self._chance = random.Random(seed)
        self._feasible = None if feasible is None else OfPlain(feasible)
        self._features = None if features is None else OfPlain(features)

    @abstractmethod
    def propose(self, past: Past, chance: random.Random) -> Filling | None:
        """A filling that should be tried, or None for a random one."""

    def allows(self, filling: Filling) -> bool:
        """Whether a filling is new and feasible."""
        if self._past.covers(filling):
            return False
        return self._feasible is None or self._feasible(filling)

    def reseed(self, seed: int) -> None:
        """Begin a new row of random numbers."""
        self._chance.seed(seed)

    def reseed_rng(self) -> None:
        """Begin a random row of random numbers, as Optuna asks of samplers in new processes."""
        self._chance.seed()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=RLock())

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Every parameter that a trial had so far."""
        self._raise_error_if_multi_objective(study)
        with self._lock:
            self._past.read(study, trial.number)
            return dict(self._past.given)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> Filling:
        """Values for the parameters that are open; new ones, while there are such."""
        if not search_space:
            return {}
        with self._lock:
            found = self._new()
            parent = self._past.relative(found) if self.mutates else None
        if parent is not None:
            study._storage.set_trial_system_attr(trial._trial_id, PARENT, parent)
        return {name: value for name, value in plain(found).items() if name in search_space}

    def _new(self) -> Filling:
        """What the method proposes if that is new, else any filling that is."""
        past, chance = self._past, self._chance
        for _ in range(TRIES):
            proposed = self.propose(past, chance)
            if proposed is None:
                break
            if self.allows(proposed):
                return proposed
        for _ in range(TRIES):
            filling = completed({}, past, chance)
            if self.allows(filling):
                return filling
        return past.unseen(self._feasible) or past.unseen() or completed({}, past, chance)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        """A random value for a parameter that is met for the first time."""
        with self._lock:
            return drawn(param_distribution, self._chance)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Stop a study of Optuna's own loop whose space is used up."""
        past = self._past
        with self._lock:
            past.note(trial)
            exhausted = past.may_be_exhausted() and past.unseen() is None
        if exhausted:
            optuna.logging.get_logger(__name__).info("space exhausted: nothing new is left")
            with suppress(RuntimeError):  # outside of `Study.optimize` there is no loop to stop
                study.stop()
