"""The history as samplers see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import optuna
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from autocnn.search.history import DIVERGED, History
from autocnn.search.objectives import Objectives
from autocnn.search.screen import SCREENED
from autocnn.search.strategies import Strategy
from autocnn.search.trial import Trial
from autocnn.space import Space

FEASIBLE = "feasible"
"""The name of the constraint that samplers see: 1 where a candidate is infeasible."""

Values = tuple[float, ...]
Outcome = tuple[TrialState, Values | None]


def seen_level(history: History, holes: int) -> int:
    """The rung samplers see: the highest with `max(10, holes + 1)` values, else the lowest."""
    rungs = history.rungs()
    full = [rung.level for rung in rungs if len(rung.values) >= max(10, holes + 1)]
    return full[-1] if full else rungs[0].level if rungs else 0


class Shown:
    """Keeps an in-memory Optuna study up with the history.

    Samplers see what a trial came to at the highest rung that has at least `max(10, holes + 1)`
    values (the rule of BOHB, arXiv 1807.01774). When that rung rises, or the worst value that bad
    trials are given falls, the study is made anew.

    Of several objectives, strategies that know such see all scores. Others see one score, made of
    rank and crowding distance among the trials at that rung: trials whose score others changed
    are shown anew.
    """

    def __init__(
        self,
        space: Space,
        strategy: Strategy,
        history: History,
        distributions: Mapping[str, BaseDistribution],
    ):
        objectives = space.section(Objectives)
        self._strategy, self._history = strategy, history
        self._distributions, self._holes = distributions, len(space.holes)
        self._ranked = objectives.several and not strategy.several
        count = 1 if self._ranked else len(objectives.wanted)
        self._directions = [StudyDirection.MAXIMIZE] * count
        self._view: tuple[int, Values] = 0, ()
        self._scores: dict[int, Mapping[int, float]] = {}
        self._lowest: Values = ()
        self._bad = False
        self._study: optuna.Study | None = None
        self._copies: dict[int, list[int]] = {}
        self._new = history.changes()
        self._open: dict[tuple[str, ...], dict[str, BaseDistribution]] = {}

    def study(self) -> optuna.Study:
        """The study with all trials as they are now."""
        trials, changed = self._history.trials, self._changed()
        if self._ranked:
            changed |= self._rescored()
        self._note_worst(changed)
        view = seen_level(self._history, self._holes), self._worst()
        if self._study is None or (view != self._view and not self._ranked):
            self._study = optuna.create_study(directions=self._directions)
        elif view != self._view:
            changed = set(range(len(trials)))
        self._view = view
        # Candidates that were drawn without it are new to it.
        known = len(self._study.get_trials(deepcopy=False))
        self._study.add_trials([self._frozen(trial) for trial in trials[known:]])
        shown = self._study.get_trials(deepcopy=False)
        for number in sorted(changed.union(range(known, len(shown)))):
            self._show(trials[number], shown[number])
        return self._study

    def _rescored(self) -> set[int]:
        """The trials whose scores changed with the others, and the repetitions of these."""
        before = self._scores
        self._scores = {rung.level: rung.values for rung in self._history.rungs()}
        changed = set[int]()
        for level, scores in self._scores.items():
            known = before.get(level, {})
            if scores is not known:
                changed |= {n for n, score in scores.items() if known.get(n) != score}
        return self._with_copies(changed)

    def _show(self, trial: Trial, seen: FrozenTrial) -> None:
        """Put a trial as it is now in the place of what samplers saw of it.

        Optuna's own ways change unfinished trials only, and give each trial dictionaries of its
        own. Here it has those of the history's trial: nobody changes them.
        """
        assert self._study is not None
        state, values = self._outcome(trial) or (TrialState.RUNNING, None)
        same = seen.system_attrs == trial.notes
        now = FrozenTrial(
            number=seen.number,
            trial_id=seen._trial_id,
            state=state,
            value=None,
            values=values,
            params=trial.values,  # type: ignore[arg-type]
            distributions=self._distributions_of(trial),
            user_attrs=seen.user_attrs,
            system_attrs=trial.notes if same else seen.system_attrs,  # type: ignore[arg-type]
            intermediate_values=self._on_the_way(trial),
            datetime_start=seen.datetime_start,
            datetime_complete=seen.datetime_complete,
        )
        if state is TrialState.PRUNED and not seen.constraints:
            now.system_attrs = dict(seen.system_attrs)
            now.set_constraint(FEASIBLE, 1.0)
        if now != seen or seen.params is not trial.values:
            self._study._storage._set_trial(seen._trial_id, now)  # type: ignore[attr-defined]

    def _distributions_of(self, trial: Trial) -> dict[str, BaseDistribution]:
        """Those of the holes that are open, one dictionary for all trials with the same ones."""
        names = tuple(trial.values)
        if names not in self._open:
            self._open[names] = {name: self._distributions[name] for name in names}
        return self._open[names]

    def _changed(self) -> set[int]:
        """The trials that changed since the last time, and the repetitions of these."""
        changed = set(self._new)
        self._new.clear()
        for number in changed:
            original = self._history.trials[number].original
            if original is not None:
                self._copies.setdefault(original, []).append(number)
        return self._with_copies(changed)

    def _with_copies(self, numbers: Iterable[int]) -> set[int]:
        return {n for number in numbers for n in (number, *self._copies.get(number, ()))}

    def _on_the_way(self, trial: Trial) -> dict[int, float]:
        """The scores at its rungs; none where there are several, which Optuna has no place for."""
        if len(self._directions) > 1:
            return {}
        found = {level: self._values(trial, level) for level in trial.rungs}
        return {level: values[0] for level, values in found.items() if values}

    def _note_worst(self, changed: Iterable[int]) -> None:
        """Keep up the lowest value of every objective, and whether there is a bad trial."""
        for number in changed:
            trial = self._history.trials[number]
            rejected = trial.state == "infeasible" and self._strategy.penalty
            self._bad = self._bad or rejected or trial.reason in DIVERGED
            if len(self._directions) > 1:
                known = list(trial.vectors.values())
            else:
                known = [(self._history.worth(trial, score),) for score in trial.scores.values()]
            if self._lowest:
                known.append(self._lowest)
            self._lowest = tuple(map(min, zip(*known, strict=True)))

    def _worst(self) -> Values:
        """What bad trials are given: the worst so far of every objective."""
        if self._bad and self._ranked:
            lowest = [min(scores.values()) for scores in self._scores.values() if scores]
            return (min(lowest, default=0.0) - 1,)
        return self._lowest if self._bad and self._lowest else (0.0,) * len(self._directions)

    def _values(self, trial: Trial, level: int | None) -> Values | None:
        """What a trial came to at a rung, or where it ended, as the study has it."""
        if self._ranked:
            at = trial.level if level is None else level
            scores = {} if at is None else self._scores.get(at, {})
            return (scores[trial.number],) if trial.number in scores else None
        if len(self._directions) > 1:
            return (trial.vector if level is None else trial.rung_vectors.get(level)) or None
        if level is not None:
            score = trial.rungs.get(level)
        else:
            score = None if trial.best is None else trial.best[0]
        return None if score is None else (self._history.worth(trial, score),)

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
            distributions=self._distributions_of(trial),
            system_attrs=dict(trial.notes),
            intermediate_values=self._on_the_way(trial),
            constraints={FEASIBLE: 1.0} if state is TrialState.PRUNED else None,
        )
