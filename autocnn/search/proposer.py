"""Asks an Optuna sampler for hole values, showing it the history in a form it understands."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from autocnn.search.history import DIVERGED, History, Trial
from autocnn.search.job import derive_seed
from autocnn.search.samplers import HistorySampler
from autocnn.search.starts import Start
from autocnn.search.strategies import Strategy, Wish
from autocnn.space import Filled, Hole, Space, count, fill, fillings

FEASIBLE = "feasible"
"""The name of the constraint that samplers see: 1 where a candidate is infeasible."""

START = "start"
"""The note of a trial that says where it comes from if no strategy proposed it."""

ENUMERATED = 100_000
"""How many fillings are looked through for one that no trial has."""

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
    """Which rung samplers see, in images, and the score they are told of the worst.

    The worst are trials that diverged, and for some strategies those that were infeasible.
    """

    level: int
    worst: float

    @classmethod
    def of(cls, history: History, holes: int, penalty: bool = False) -> View:
        """The highest rung with at least `max(10, holes + 1)` values, else the lowest one."""
        rungs = history.rungs()
        full = [rung.level for rung in rungs if len(rung.values) >= max(10, holes + 1)]
        level = full[-1] if full else rungs[0].level if rungs else 0
        bad = any(
            trial.reason in DIVERGED or (penalty and trial.state == "infeasible")
            for trial in history.trials
        )
        if not bad:
            return cls(level, 0.0)
        scores = (score for trial in history.trials for score in trial.scores.values())
        return cls(level, min(scores, default=0.0))


def _key(values: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(values.items())


class Proposer:
    """Keeps an in-memory Optuna study up with the history and asks it for candidates.

    Samplers see one value per trial: the one at the highest rung that has at least
    `max(10, holes + 1)` values (the rule of BOHB, arXiv 1807.01774). When that rung rises, the
    study is made anew, since finished trials cannot be changed.
    """

    def __init__(
        self,
        space: Space,
        strategy: Strategy,
        seed: int,
        history: History,
        starts: Sequence[Start] = (),
    ):
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space, self._strategy, self._seed, self._history = space, strategy, seed, history
        self._distributions = {hole.name: distribution(hole) for hole in space.holes}
        self._starts = starts
        self._conditional = any(hole.conditional for hole in space.holes)
        self._view: View | None = None
        self._study: optuna.Study | None = None
        self._open: dict[int, optuna.Trial | None] = {}
        self._copies: dict[int, list[int]] = {}
        self._version = 0
        self._size = count(space)
        self._seen: set[frozenset[tuple[str, Any]]] = set()
        self._read = 0
        self._rest: Iterator[Filled] | None = None
        self._sampler: BaseSampler | None = None

    def propose(self, *, enumerating: bool = False) -> tuple[Filled, dict[str, Any]] | None:
        """Values for every hole and the sampler's notes on them; None where no new ones are left.

        With `enumerating` no sampler is asked: the first filling that no trial has is taken.
        """
        fresh = self._history.trials[self._read :]
        self._seen.update(_key(trial.values) for trial in fresh)
        self._read += len(fresh)
        if len(self._seen) == self._size or (enumerating and self._size is None):
            return None
        if not enumerating:
            return self._ask()
        self._rest = self._rest or itertools.islice(fillings(self._space), ENUMERATED)
        unseen = (filled for filled in self._rest if _key(filled.values) not in self._seen)
        found = next(unseen, None)
        return None if found is None else (found, {})

    def _ask(self) -> tuple[Filled, dict[str, Any]]:
        study = self._synced()
        number = len(self._history.trials)
        study.sampler = self._sampler_for(derive_seed(self._seed, "ask", number))
        notes = {}
        if number < len(self._starts):
            study.enqueue_trial(dict(self._starts[number].values))
            notes = {START: self._starts[number].origin}
        trial = study.ask()
        self._open[number] = trial
        filled = fill(self._space, lambda hole: suggest(trial, hole))
        return filled, {**study.get_trials(deepcopy=False)[number].system_attrs, **notes}

    def _sampler_for(self, seed: int) -> BaseSampler:
        """A fresh sampler; ours, which keep nothing but what they have read, begin a new row."""
        if isinstance(self._sampler, HistorySampler):
            self._sampler.reseed(seed)
        else:
            self._sampler = self._strategy.sampler(
                Wish(seed, self._seed, self._distributions, self._conditional)
            )
        return self._sampler

    def _synced(self) -> optuna.Study:
        view = View.of(self._history, len(self._space.holes), self._strategy.penalty)
        trials, changed = self._history.trials, self._changed()
        if self._study is None or view != self._view:
            self._study = optuna.create_study(direction="maximize")
            self._study.add_trials([self._frozen(trial, view) for trial in trials])
            self._view = view
            self._open = {t.number: None for t in trials if self._outcome(t, view) is None}
            return self._study
        for number in sorted(changed & self._open.keys()):
            asked, outcome = self._open[number], self._outcome(trials[number], view)
            self._report(number)
            if outcome is not None:
                state, value = outcome
                if state is TrialState.PRUNED and asked is not None:
                    asked.set_constraint(FEASIBLE, 1.0)
                self._study.tell(number, value, state=state)
                del self._open[number]
        return self._study

    def _changed(self) -> set[int]:
        """The trials that changed since the last time, and the repetitions of these."""
        changed = self._history.changed(self._version)
        self._version = self._history.version
        for number in changed:
            original = self._history.trials[number].original
            if original is not None:
                self._copies.setdefault(original, []).append(number)
        return {n for number in changed for n in (number, *self._copies.get(number, ()))}

    def _report(self, number: int) -> None:
        """Show what a trial came to so far; Optuna's `report` needs the trial as it was asked."""
        assert self._study is not None
        shown = self._study.get_trials(deepcopy=False)[number]
        for level, score in self._history.trials[number].rungs.items():
            if level not in shown.intermediate_values:
                self._study._storage.set_trial_intermediate_value(shown._trial_id, level, score)

    def _outcome(self, trial: Trial, view: View) -> Outcome | None:
        """What a sampler is told of a trial; None while it is running for it."""
        if trial.state == "infeasible":
            punished = TrialState.COMPLETE, view.worst
            return punished if self._strategy.penalty else (TrialState.PRUNED, None)
        source = trial if trial.original is None else self._history.trials[trial.original]
        if source.state == "failed":
            if source.reason in DIVERGED:
                return TrialState.COMPLETE, view.worst
            return TrialState.FAIL, None
        if view.level in source.rungs:
            return TrialState.COMPLETE, source.rungs[view.level]
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
            intermediate_values=dict(trial.rungs),
            constraints={FEASIBLE: 1.0} if state is TrialState.PRUNED else None,
        )
