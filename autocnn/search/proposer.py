"""Asks an Optuna sampler for hole values, showing it the history in a form it understands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial

from autocnn.search.history import History, Trial
from autocnn.search.job import derive_seed
from autocnn.search.strategies import Strategy
from autocnn.space import Filled, Hole, Space, fill, fillings

FEASIBLE = "feasible"
"""The name of the constraint that samplers see: 1 where a candidate is infeasible."""

DIVERGED = frozenset({"non-finite", "out-of-memory"})
"""Reasons of failure that speak against the candidate itself."""

Outcome = tuple[TrialState, float | None]


def distribution(hole: Hole) -> BaseDistribution:
    """The Optuna distribution of a hole."""
    if hole.kind == "choice":
        return CategoricalDistribution(hole.choices)
    low, high = hole.low, hole.high
    if hole.kind == "int":
        return IntDistribution(int(low), int(high), log=hole.log, step=hole.step)
    return FloatDistribution(low, high, log=hole.log)


def suggest(trial: optuna.Trial, hole: Hole) -> Any:
    """Ask for the value of one hole."""
    if hole.kind == "choice":
        return trial.suggest_categorical(hole.name, hole.choices)
    if hole.kind == "int":
        low, high = int(hole.low), int(hole.high)
        return trial.suggest_int(hole.name, low, high, step=hole.step, log=hole.log)
    return trial.suggest_float(hole.name, hole.low, hole.high, log=hole.log)


@dataclass(frozen=True)
class View:
    """Which rung samplers see, in images, and the score they are told of trials that diverged."""

    level: int
    worst: float

    @classmethod
    def of(cls, history: History, holes: int) -> View:
        """The highest rung with at least `max(10, holes + 1)` values, else the lowest one."""
        rungs = history.rungs()
        full = [rung.level for rung in rungs if len(rung.values) >= max(10, holes + 1)]
        level = full[-1] if full else rungs[0].level if rungs else 0
        diverged = any(trial.reason in DIVERGED for trial in history.trials)
        scores = [score for trial in history.trials for score in trial.scores.values()]
        return cls(level, min(scores, default=0.0) if diverged else 0.0)


class Proposer:
    """Keeps an in-memory Optuna study up with the history and asks it for candidates.

    Samplers see one value per trial: the one at the highest rung that has at least
    `max(10, holes + 1)` values (the rule of BOHB, arXiv 1807.01774). When that rung rises, the
    study is made anew, since finished trials cannot be changed.
    """

    def __init__(self, space: Space, strategy: Strategy, seed: int, history: History):
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space, self._strategy, self._seed, self._history = space, strategy, seed, history
        self._distributions = {hole.name: distribution(hole) for hole in space.holes}
        self._conditional = any(hole.conditional for hole in space.holes)
        self._view: View | None = None
        self._study: optuna.Study | None = None
        self._open: dict[int, optuna.Trial | None] = {}

    def propose(self) -> tuple[Filled, dict[str, Any]]:
        """Values for every hole, and the notes that the sampler keeps with them."""
        study = self._synced()
        number = len(self._history.trials)
        study.sampler = self._strategy.sampler(
            derive_seed(self._seed, "ask", number), self._conditional
        )
        trial = study.ask()
        self._open[number] = trial
        filled = fill(self._space, lambda hole: suggest(trial, hole))
        return filled, dict(study.get_trials(deepcopy=False)[number].system_attrs)

    def propose_unseen(self, limit: int) -> Filled | None:
        """The first filling of a finite space that no trial has, or None after `limit` of them."""
        seen = {frozenset(trial.values.items()) for trial in self._history.trials}
        for tried, filled in enumerate(fillings(self._space)):
            if frozenset(filled.values.items()) not in seen:
                self._study = None
                return filled
            if tried >= limit:
                break
        return None

    def _synced(self) -> optuna.Study:
        view = View.of(self._history, len(self._space.holes))
        trials = self._history.trials
        if self._study is None or view != self._view:
            self._study = optuna.create_study(direction="maximize")
            self._study.add_trials([self._frozen(trial, view) for trial in trials])
            self._view = view
            self._open = {t.number: None for t in trials if self._outcome(t, view) is None}
            return self._study
        for number, asked in sorted(self._open.items(), key=lambda entry: entry[0]):
            outcome = self._outcome(trials[number], view)
            if outcome is not None:
                state, value = outcome
                if trials[number].state == "infeasible" and asked is not None:
                    asked.set_constraint(FEASIBLE, 1.0)
                self._study.tell(number, value, state=state)
                del self._open[number]
        return self._study

    def _outcome(self, trial: Trial, view: View) -> Outcome | None:
        """What a sampler is told of a trial; None while it is running for it."""
        if trial.state == "infeasible":
            return TrialState.PRUNED, None
        source = trial if trial.original is None else self._history.trials[trial.original]
        if source.state == "failed":
            if source.reason in DIVERGED:
                return TrialState.COMPLETE, view.worst
            return TrialState.FAIL, None
        if view.level in source.scores:
            return TrialState.COMPLETE, source.scores[view.level]
        if source.state in ("completed", "stopped") and source.best is not None:
            return TrialState.COMPLETE, source.best[0]
        return None

    def _frozen(self, trial: Trial, view: View) -> FrozenTrial:
        state, value = self._outcome(trial, view) or (TrialState.RUNNING, None)
        return create_trial(
            state=state,
            value=value,
            params=dict(trial.values),
            distributions={name: self._distributions[name] for name in trial.values},
            system_attrs=dict(trial.notes),
            constraints={FEASIBLE: 1.0} if trial.state == "infeasible" else None,
        )
