"""The trials of an Optuna study as our samplers read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from autocnn.search.samplers.conditions import Conditions, enumerate_fillings
from autocnn.search.samplers.numbers import listed
from autocnn.search.samplers.outcomes import Outcomes, finite_points
from autocnn.search.samplers.unhashable import hashable, standing

RELATIVES = 50
"""So many of the best trials, and of the latest, may be what a new one was made from."""

MOST_CHANGED = 4
"""In so many holes it may differ from that, those included that a change has opened."""

Filling = dict[str, Any]
Key = frozenset[tuple[str, Any]]
Feasible = Callable[[Mapping[str, Any]], bool]

JUDGED = 500
"""Fillings that are listed at most where each is judged, which takes some milliseconds."""

ENUMERATED = 100_000
"""How many fillings are looked through for one that no trial has."""


def key(filling: Mapping[str, Any]) -> Key:
    """What makes two fillings the same."""
    return frozenset(filling.items())


class Past:
    """What a study has tried so far.

    `fillings` and `scores`, higher being better, are of the trials that were measured, in the
    order of their `numbers`. A trial that was stopped early, or is still on its way, has the score
    that those beyond its step came to from there. `pending` are running trials without any value,
    `rejected` are infeasible ones.
    """

    def __init__(self) -> None:
        self.distributions: dict[str, BaseDistribution] = {}
        self.given: dict[str, BaseDistribution] = {}
        """The same, as the study has them: here what cannot be hashed has a stand-in."""
        self.free: set[str] = set()
        """The holes with more than one value."""
        self.conditions = Conditions()
        self.fillings: list[Filling] = []
        self.numbers: list[int] = []
        self.asking = 0
        """The number of the trial that asks for values."""
        self.scores: NDArray[np.float64] = np.zeros(0)
        self.order: NDArray[np.int64] = np.zeros(0, np.int64)
        """Places in `scores` from the best one down."""
        self.pending: list[Filling] = []
        self.rejected: list[Filling] = []
        self._study: Study | None = None
        self._looked: list[FrozenTrial | None] = []
        self._whole: dict[int, Filling] = {}
        self._rejected: dict[int, Filling] = {}
        self._pending: dict[int, Filling] = {}
        self._outcomes = Outcomes()
        self._tried: dict[int, tuple[Filling, ...]] = {}
        """Fillings by the hash of their keys, which would take four times their place."""
        self._shapes: set[frozenset[str]] = set()
        """The sets of holes that were open together."""

    def read(self, study: Study, asking: int) -> None:
        """Take in what is new in a study, but for the trial that is asking."""
        if study is not self._study:
            self.__init__()  # type: ignore[misc]
            self._study = study
        self.asking = asking
        trials: list[FrozenTrial | None] = [*study.get_trials(deepcopy=False)]
        for trial, before in zip_longest(trials, self._looked):
            # Storages put another object in a trial's place when it changes.
            if trial is not None and trial is not before and trial.number != asking:
                self._take(trial)
        self._looked = [None if t is not None and t.number == asking else t for t in trials]
        sign = -1 if study.direction is StudyDirection.MINIMIZE else 1
        known, self.scores = self._outcomes.scores(sign)
        self.order = np.argsort(-self.scores, kind="stable")
        self.numbers = known
        self.fillings = [self._whole[number] for number in known]
        self.rejected = [self._rejected[number] for number in sorted(self._rejected)]
        self.pending = [self._pending[number] for number in sorted(self._pending)]

    def has(self, filling: Mapping[str, Any]) -> bool:
        """Whether a trial has tried this, or is trying it."""
        return self.has_key(key(filling))

    def has_key(self, same: Key) -> bool:
        """As `has`, where the key is known."""
        return any(key(known) == same for known in self._tried.get(hash(same), ()))

    def covers(self, filling: Mapping[str, Any]) -> bool:
        """As `has`, for a filling that may have holes which nothing will ask for.

        Takes time proportional to the sets of holes that were open together.
        """
        return self.has(filling) or any(
            len(shape) < len(filling)
            and shape.issubset(filling)
            and self.has({name: filling[name] for name in shape})
            for shape in self._shapes
        )

    def relative(self, filling: Mapping[str, Any]) -> int | None:
        """The number of the trial that a filling was made from, by what the two have in common.

        Of the best and the latest trials that with the fewest other holes and values, the better
        one of equals; None where even that differs in over MOST_CHANGED of them.
        """
        late = range(max(0, len(self.numbers) - RELATIVES), len(self.numbers))
        own, nearest, least = key(filling), None, MOST_CHANGED + 1
        for index in dict.fromkeys((*self.order[:RELATIVES].tolist(), *late)):
            changed = len(own.difference(self.fillings[index].items()))
            if changed < least:
                nearest, least = self.numbers[index], changed
        return nearest

    def note(self, trial: FrozenTrial) -> None:
        """Take in the choices of a trial that has just ended."""
        if trial.number not in self._whole and trial.params:
            self._learn(trial)

    def unseen(
        self,
        feasible: Feasible | None = None,
        values_of: Callable[[BaseDistribution], Sequence[Any] | None] = listed,
    ) -> Filling | None:
        """A feasible filling that no trial has; None if none is left or they cannot be listed."""
        values = {name: values_of(found) for name, found in self.distributions.items()}
        if not values or any(found is None for found in values.values()):
            return None
        every = enumerate_fillings(self.conditions, values)  # type: ignore[arg-type]
        most = ENUMERATED if feasible is None else JUDGED
        for _, filling in zip(range(most), every, strict=False):
            if not self.has(filling) and (feasible is None or feasible(filling)):
                return filling
        return None

    def may_be_exhausted(self) -> bool:
        """Whether so much was tried that it is worth looking if anything is left."""
        least = 1
        for name, distribution in self.distributions.items():
            values = listed(distribution)
            if values is None:
                return False
            if self.conditions.parent(name) is None:
                least *= len(values)
        return bool(self.distributions) and sum(map(len, self._tried.values())) >= least

    def _take(self, trial: FrozenTrial) -> None:
        """Take in a trial as it is now."""
        number = trial.number
        if number not in self._whole and trial.params and _is_whole(trial):
            self._learn(trial)
        self._pending.pop(number, None)
        if trial.state is TrialState.RUNNING and trial.params and not finite_points(trial):
            self._pending[number] = standing(trial.params, trial.distributions)
            self._add(self._pending[number])
        if number not in self._whole:
            return
        if _is_infeasible(trial):
            self._rejected[number] = self._whole[number]
        if _counts(trial):
            self._outcomes.add(trial)
        else:
            self._outcomes.remove(number)

    def _add(self, filling: Filling) -> None:
        """Note that this was tried."""
        same = key(filling)
        if not self.has_key(same):
            self._tried[hash(same)] = (*self._tried.get(hash(same), ()), filling)

    def _learn(self, trial: FrozenTrial) -> None:
        # Storages put another in its place rather than change it.
        filling = standing(trial.params, trial.distributions)
        self._whole[trial.number] = filling
        self._add(filling)
        if trial.state is not TrialState.FAIL:  # that one may have asked for a part only
            self._shapes.add(frozenset(filling))
        for name, distribution in trial.distributions.items():
            if not distribution.single():
                self.free.add(name)
            # The latest: a range may have changed.
            self.given[name], self.distributions[name] = distribution, hashable(distribution)
        self.conditions.add(filling)


def _is_whole(trial: FrozenTrial) -> bool:
    """Whether every hole of a trial is filled: it has come to a value, or has ended."""
    return trial.state.is_finished() or bool(finite_points(trial))


def _is_infeasible(trial: FrozenTrial) -> bool:
    return any(broken > 0 for broken in trial.constraints.values())


def _counts(trial: FrozenTrial) -> bool:
    if trial.state is TrialState.FAIL or _is_infeasible(trial):
        return False
    return trial.state is TrialState.COMPLETE or bool(finite_points(trial))
