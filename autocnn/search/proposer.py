"""Asks an Optuna sampler for hole values, showing it the history in a form it understands."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from autocnn.errors import SpaceError
from autocnn.search.history import DIVERGED, History, Trial
from autocnn.search.job import derive_seed
from autocnn.search.objectives import Objectives
from autocnn.search.samplers import HistorySampler
from autocnn.search.samplers.history_sampler import PARENT
from autocnn.search.screen import SCREENED
from autocnn.search.starts import Start
from autocnn.search.strategies import Strategy, Wish
from autocnn.search.suggest import distribution, suggest
from autocnn.space import Filled, Space, count, fill, fill_values, fillings, sample

FEASIBLE = "feasible"
"""The name of the constraint that samplers see: 1 where a candidate is infeasible."""

START = "start"
"""The note of a trial that says where it comes from if no strategy proposed it."""

ENUMERATED = 100_000
"""How many fillings are looked through for one that no trial has."""

DRAWS = 200
"""How many random fillings are looked through for one that is worth a trial."""

Values = tuple[float, ...]
Outcome = tuple[TrialState, Values | None]


def seen_level(history: History, holes: int) -> int:
    """The rung samplers see: the highest with `max(10, holes + 1)` values, else the lowest."""
    rungs = history.rungs()
    full = [rung.level for rung in rungs if len(rung.values) >= max(10, holes + 1)]
    return full[-1] if full else rungs[0].level if rungs else 0


def _key(values: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(values.items())


class Proposer:
    """Keeps an in-memory Optuna study up with the history and asks it for candidates.

    Samplers see what a trial came to at the highest rung that has at least `max(10, holes + 1)`
    values (the rule of BOHB, arXiv 1807.01774). When that rung rises, or the worst value that bad
    trials are given falls, the study is made anew, since finished trials cannot be changed.

    Of several objectives, strategies that know such see all scores. Others see one score, made of
    rank and crowding distance among the trials at that rung: these change with every trial, and
    the study is made anew for each ask.

    `novel(filled)` says whether a filling is worth a trial; where candidates are `limited` by
    constraints samplers that can ask are told.
    """

    def __init__(
        self,
        space: Space,
        strategy: Strategy,
        seed: int,
        history: History,
        starts: Sequence[Start] = (),
        *,
        novel: Callable[[Filled], bool] | None = None,
        limited: bool = False,
    ):
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        objectives = space.sections["objectives"]
        assert isinstance(objectives, Objectives)
        self._space, self._strategy, self._seed, self._history = space, strategy, seed, history
        self._novel, self._limited = novel, limited
        self._ranked = objectives.several and not strategy.several
        self._directions = [StudyDirection.MAXIMIZE] * (
            1 if self._ranked else len(objectives.wanted)
        )
        self._distributions = {hole.name: distribution(hole) for hole in space.holes}
        self._starts = starts
        self._conditional = any(hole.conditional for hole in space.holes)
        self._view: tuple[int, Values] = 0, ()
        self._scores: dict[int, Mapping[int, float]] = {}
        self._study: optuna.Study | None = None
        self._open: dict[int, optuna.Trial | None] = {}
        self._copies: dict[int, list[int]] = {}
        self._version = 0
        self._size = count(space)
        self._seen: set[frozenset[tuple[str, Any]]] = set()
        self._read = 0
        self._rest: Iterator[Filled] | None = None
        self._refused: set[frozenset[tuple[str, Any]]] = set()
        self._sampler: BaseSampler | None = None

    @property
    def finite(self) -> bool:
        """Whether the space has only so many fillings."""
        return self._size is not None

    def propose(self, *, enumerating: bool = False) -> tuple[Filled, dict[str, Any]] | None:
        """Values for every hole and the sampler's notes on them; None where no new ones are left.

        With `enumerating` no sampler is asked: the first filling that no trial has is taken, of
        an endless space a random one that is worth a trial.
        """
        fresh = self._history.trials[self._read :]
        self._seen.update(_key(trial.values) for trial in fresh)
        self._read += len(fresh)
        if len(self._seen) == self._size:
            return None
        if not enumerating:
            return self._ask()
        if self._size is None:
            return self._drawn()
        self._rest = self._rest or itertools.islice(fillings(self._space), ENUMERATED)
        unseen = (filled for filled in self._rest if _key(filled.values) not in self._seen)
        found = next(unseen, None)
        return None if found is None else (found, {})

    def _drawn(self) -> tuple[Filled, dict[str, Any]] | None:
        number = len(self._history.trials)
        for draw in range(DRAWS if self._novel else 0):
            filled = sample(self._space, derive_seed(self._seed, f"draw {draw}", number))
            assert self._novel is not None
            if self._novel(filled):
                return filled, {}
        return None

    def _allows(self, values: Mapping[str, Any]) -> bool:
        """Whether values are worth a trial; a sampler may not know yet what makes them whole."""
        assert self._novel is not None
        known = _key(values)
        if known in self._refused:
            return False
        try:
            allowed = self._novel(fill_values(self._space, values))
        except SpaceError:
            return True
        if not allowed:
            self._refused.add(known)
        return allowed

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
        found = {**study.get_trials(deepcopy=False)[number].system_attrs, **notes}
        if notes:  # it is nobody's child, whatever the sampler would have proposed
            found.pop(PARENT, None)
        return filled, found

    def _sampler_for(self, seed: int) -> BaseSampler:
        """A fresh sampler; ours, which keep nothing but what they have read, begin a new row."""
        if isinstance(self._sampler, HistorySampler):
            self._sampler.reseed(seed)
        else:
            self._sampler = self._strategy.sampler(
                Wish(
                    seed,
                    self._seed,
                    self._distributions,
                    self._conditional,
                    self._allows if self._limited and self._novel else None,
                )
            )
        return self._sampler

    def _synced(self) -> optuna.Study:
        if self._ranked:
            self._scores = {rung.level: rung.values for rung in self._history.rungs()}
        view = seen_level(self._history, len(self._space.holes)), self._worst()
        trials, changed = self._history.trials, self._changed()
        if self._study is None or self._ranked or view != self._view:
            self._study = optuna.create_study(directions=self._directions)
            self._view = view
            self._study.add_trials([self._frozen(trial) for trial in trials])
            self._open = {t.number: None for t in trials if self._outcome(t) is None}
            return self._study
        # Candidates that were drawn without it are new to it.
        for trial in trials[len(self._study.get_trials(deepcopy=False)) :]:
            self._study.add_trial(self._frozen(trial))
            if self._outcome(trial) is None:
                self._open[trial.number] = None
        for number in sorted(changed & self._open.keys()):
            asked, outcome = self._open[number], self._outcome(trials[number])
            self._report(number)
            if outcome is not None:
                state, values = outcome
                if state is TrialState.PRUNED and asked is not None:
                    asked.set_constraint(FEASIBLE, 1.0)
                self._study.tell(number, values, state=state)
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
        for level, score in self._on_the_way(self._history.trials[number]).items():
            if level not in shown.intermediate_values:
                self._study._storage.set_trial_intermediate_value(shown._trial_id, level, score)

    def _on_the_way(self, trial: Trial) -> dict[int, float]:
        """The scores at its rungs; none where there are several, which Optuna has no place for."""
        if len(self._directions) > 1:
            return {}
        found = {level: self._values(trial, level) for level in trial.rungs}
        return {level: values[0] for level, values in found.items() if values}

    def _worst(self) -> Values:
        """What bad trials are given: the worst so far of every objective."""
        bad = any(
            trial.reason in DIVERGED or (self._strategy.penalty and trial.state == "infeasible")
            for trial in self._history.trials
        )
        if not bad:
            return (0.0,) * len(self._directions)
        if self._ranked:
            lowest = [min(scores.values()) for scores in self._scores.values() if scores]
            return (min(lowest, default=0.0) - 1,)
        trials = self._history.trials
        if len(self._directions) > 1:
            known = [vector for trial in trials for vector in trial.vectors.values()]
        else:
            known = [(score,) for trial in trials for score in trial.scores.values()]
        return tuple(map(min, zip(*known, strict=True))) or (0.0,) * len(self._directions)

    def _values(self, trial: Trial, level: int | None) -> Values | None:
        """What a trial came to at a rung, or where it ended, as the study has it."""
        if self._ranked:
            at = trial.level if level is None else level
            scores = {} if at is None else self._scores.get(at, {})
            return (scores[trial.number],) if trial.number in scores else None
        if len(self._directions) > 1:
            return (trial.vector if level is None else trial.rung_vectors.get(level)) or None
        if level is None:
            return None if trial.best is None else (trial.best[0],)
        return (trial.rungs[level],) if level in trial.rungs else None

    def _outcome(self, trial: Trial) -> Outcome | None:
        """What a sampler is told of a trial; None while it is running for it."""
        level, worst = self._view
        source = trial if trial.original is None else self._history.trials[trial.original]
        if source.reason == SCREENED:
            return TrialState.FAIL, None
        if trial.state == "infeasible":
            punished = TrialState.COMPLETE, worst
            return punished if self._strategy.penalty else (TrialState.PRUNED, None)
        if source.state == "failed":
            if source.reason in DIVERGED:
                return TrialState.COMPLETE, worst
            return TrialState.FAIL, None
        values = self._values(source, level)
        if values is None and source.state in ("completed", "stopped"):
            values = self._values(source, None)
        return None if values is None else (TrialState.COMPLETE, values)

    def _frozen(self, trial: Trial) -> FrozenTrial:
        state, values = self._outcome(trial) or (TrialState.RUNNING, None)
        return create_trial(
            state=state,
            values=values,
            params=dict(trial.values),
            distributions={name: self._distributions[name] for name in trial.values},
            system_attrs=dict(trial.notes),
            intermediate_values=self._on_the_way(trial),
            constraints={FEASIBLE: 1.0} if state is TrialState.PRUNED else None,
        )
