"""The trials of an Optuna study as our samplers read them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from autocnn.search.samplers.conditions import Conditions, enumerate_fillings
from autocnn.search.samplers.numbers import listed

Filling = dict[str, Any]
Key = frozenset[tuple[str, Any]]
Feasible = Callable[[Mapping[str, Any]], bool]

ENUMERATED = 100_000
"""How many fillings are looked through for one that no trial has."""


def key(filling: Mapping[str, Any]) -> Key:
    """What makes two fillings the same."""
    return frozenset(filling.items())


class Past:
    """What a study has tried so far.

    `fillings` and `scores`, higher being better, are of the trials that were measured, in the
    order of their numbers. A trial that was stopped early, or is still on its way, has the score
    that those beyond its step came to from there. `pending` are running trials without any value,
    `rejected` are infeasible ones.
    """

    def __init__(self) -> None:
        self.distributions: dict[str, BaseDistribution] = {}
        self.free: set[str] = set()
        """The holes with more than one value."""
        self.conditions = Conditions()
        self.fillings: list[Filling] = []
        self.scores: NDArray[np.float64] = np.zeros(0)
        self.pending: list[Filling] = []
        self.rejected: list[Filling] = []
        self._study: Study | None = None
        self._whole: dict[int, Filling] = {}
        self._keys: set[Key] = set()
        self._shapes: set[frozenset[str]] = set()
        """The sets of holes that were open together."""

    def read(self, study: Study, asking: int) -> None:
        """Take in what is new in a study, but for the trial that is asking."""
        if study is not self._study:
            self.__init__()  # type: ignore[misc]
            self._study = study
        trials = [t for t in study.get_trials(deepcopy=False) if t.number != asking]
        for trial in trials:
            if trial.number not in self._whole and trial.params and _is_whole(trial):
                self._learn(trial)
        sign = -1 if study.direction is StudyDirection.MINIMIZE else 1
        whole = [t for t in trials if t.number in self._whole]
        self.rejected = [self._whole[t.number] for t in whole if _is_infeasible(t)]
        measured = [t for t in whole if _counts(t)]
        scores = _scores(measured, sign)
        known = [number for number, score in enumerate(scores) if score is not None]
        self.fillings = [self._whole[measured[index].number] for index in known]
        self.scores = np.array([scores[index] for index in known], dtype=np.float64)
        self.pending = [
            dict(trial.params)
            for trial in trials
            if trial.state is TrialState.RUNNING and trial.params and not _points(trial)
        ]
        self._keys |= {key(filling) for filling in self.pending}

    def has(self, filling: Mapping[str, Any]) -> bool:
        """Whether a trial has tried this, or is trying it."""
        return key(filling) in self._keys

    def covers(self, filling: Mapping[str, Any]) -> bool:
        """As `has`, for a filling that may have holes which nothing will ask for.

        Takes time proportional to the sets of holes that were open together.
        """
        return self.has(filling) or any(
            len(shape) < len(filling)
            and shape.issubset(filling)
            and key({name: filling[name] for name in shape}) in self._keys
            for shape in self._shapes
        )

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
        for _, filling in zip(range(ENUMERATED), every, strict=False):
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
        return bool(self.distributions) and len(self._keys) >= least

    def _learn(self, trial: FrozenTrial) -> None:
        filling = dict(trial.params)
        self._whole[trial.number] = filling
        self._keys.add(key(filling))
        if trial.state is not TrialState.FAIL:  # that one may have asked for a part only
            self._shapes.add(frozenset(filling))
        for name, distribution in trial.distributions.items():
            if not distribution.single():
                self.free.add(name)
            self.distributions[name] = distribution  # the latest: a range may have changed
        self.conditions.add(filling)


def _is_whole(trial: FrozenTrial) -> bool:
    """Whether every hole of a trial is filled: it has come to a value, or has ended."""
    return trial.state.is_finished() or bool(_points(trial))


def _is_infeasible(trial: FrozenTrial) -> bool:
    return any(broken > 0 for broken in trial.constraints.values())


def _counts(trial: FrozenTrial) -> bool:
    if trial.state is TrialState.FAIL or _is_infeasible(trial):
        return False
    return trial.state is TrialState.COMPLETE or bool(_points(trial))


def _points(trial: FrozenTrial) -> dict[int, float]:
    return {
        step: value for step, value in trial.intermediate_values.items() if math.isfinite(value)
    }


def _scores(trials: list[FrozenTrial], sign: int) -> list[float | None]:
    """The score of each trial, foretold from its last point where it has no value."""
    values = [
        sign * trial.values[0] if trial.state is TrialState.COMPLETE and trial.values else None
        for trial in trials
    ]
    finite = [value for value in values if value is not None and math.isfinite(value)]
    worst = min(finite, default=0.0)
    found: list[float | None] = [
        None if value is None else value if math.isfinite(value) else worst for value in values
    ]
    lasts = [
        None if value is not None else max(_points(trial))
        for trial, value in zip(trials, found, strict=True)
    ]
    for step in {last for last in lasts if last is not None}:
        pairs = [
            (sign * before, value)
            for trial, value in zip(trials, values, strict=True)
            if value is not None
            and math.isfinite(value)
            and math.isfinite(before := trial.intermediate_values.get(step, math.nan))
        ]
        foretell = _line(pairs)
        for index, last in enumerate(lasts):
            if last == step:
                found[index] = foretell(sign * trials[index].intermediate_values[step])
    return found


def _line(pairs: list[tuple[float, float]]) -> Callable[[float], float]:
    """What became of scores at a step: a rising line through the pairs of score and outcome."""
    if not pairs:
        return lambda score: score
    before, after = np.array(pairs, dtype=np.float64).T
    spread = float(before.var())
    slope = float(((before - before.mean()) * after).mean()) / spread if spread > 0 else 1.0
    slope = min(max(slope, 0.0), 2.0) if len(pairs) >= 3 else 1.0
    return lambda score: float(after.mean() + slope * (score - before.mean()))
