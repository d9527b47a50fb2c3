"""Which trial gets the next job: one that was cut off, one that is promoted, or a new one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from autocnn.search.history import History, Trial
from autocnn.search.intake import Intake
from autocnn.search.objectives import Objectives
from autocnn.search.proposer import Proposer
from autocnn.search.settings import Budget, SearchOptions
from autocnn.search.starts import Start
from autocnn.space import Space
from autocnn.store import DecisionRow, Hold
from autocnn.training.training_part import batch_warning

BARREN_ASKS = 200
"""After so many asks in a row without a new candidate the rest of a space is enumerated."""

BARREN_ROW = 20
"""As above where it has no end: a candidate that keeps the constraints is drawn at random."""

HOPELESS_ROW = 2_000
"""After so many asks in a row without a new candidate the search of an endless space ends."""


class Agenda:
    """Decides from the history alone; `starts` are tried first."""

    def __init__(
        self,
        space: Space,
        history: History,
        hold: Hold,
        intake: Intake,
        starts: Sequence[Start] = (),
    ):
        search, budget = space.sections["search"], space.sections["budget"]
        assert isinstance(search, SearchOptions)
        assert isinstance(budget, Budget)
        objectives = space.sections["objectives"]
        assert isinstance(objectives, Objectives)
        self._history, self._hold, self._intake = history, hold, intake
        least = not objectives.several and objectives.direction == "minimize"
        self._sign = -1 if least else 1
        """Turns scores of rungs into values, which there are of one objective alone."""
        self._stopping, self._trials = search.stopping, budget.trials
        self._proposer = Proposer(
            space,
            search.strategy,
            search.seed,
            history,
            starts,
            novel=lambda filled: intake.novel(filled, history),
            limited=bool(intake.costs.constraints.limited),
        )
        self._exhausted = self._warned = False

    def next(self, busy: Collection[int], go_on: Callable[[], bool]) -> Trial | None:
        """The trial to train next, or None; asking for a new one ends when `go_on` says no."""
        for trial in self._history.unfinished():
            if trial.number not in busy:
                return trial
        found = self._promoted(more=True) or self._new(go_on)
        return found if found or self._more else self._promoted(more=False)

    @property
    def _more(self) -> bool:
        """Whether new trials can still come, as far as this can be known."""
        within = self._trials is None or len(self._history.began()) < self._trials
        return within and not self._exhausted

    def _promoted(self, *, more: bool) -> Trial | None:
        """The trial that the stopping rule lets go on, after it has ended those that it stops."""
        while decision := self._stopping.decide(self._history.standing(more=more)):
            trial = self._history.follow(decision)
            threshold = decision.threshold
            row = DecisionRow(
                trial=trial.number,
                rung=decision.level,
                action=decision.action,
                by=self._stopping.word,
                threshold=None if threshold is None else self._sign * threshold,
                rivals=decision.rivals,
            )
            self._hold.update_trial(
                trial.number, decisions=[row], state=trial.state, reason=trial.reason
            )
            if trial.state == "running":
                return trial
        return None

    def _new(self, go_on: Callable[[], bool]) -> Trial | None:
        if not self._more:
            return None
        while not self._exhausted and go_on():
            proposed = self._proposer.propose(enumerating=self._stuck)
            endless = not self._proposer.finite
            if proposed is None or (endless and self._history.row >= HOPELESS_ROW):
                self._exhausted = True
                self._hold.add_event("info", "space exhausted: no new candidate is left")
                return None
            trial, row = self._intake.judge(*proposed, self._history)
            if trial.state == "waiting":  # it is about to begin
                trial.state, row = "running", replace(row, state="running")
            self._hold.add_trial(row)
            self._history.add(trial)
            if trial.state == "running":
                self._warn(trial)
                return trial
        return None

    @property
    def _stuck(self) -> bool:
        """Whether the strategy finds nothing new: ever again, or in an endless space for now."""
        if self._proposer.finite:
            return self._history.barren >= BARREN_ASKS
        return self._history.row >= BARREN_ROW

    def _warn(self, trial: Trial) -> None:
        """Tell once of batches larger than the data."""
        assert trial.candidate is not None
        warning = batch_warning(trial.candidate, self._intake.epoch)
        if warning and not self._warned:
            self._warned = True
            self._hold.add_event("warning", f"trial {trial.number}: {warning}")
