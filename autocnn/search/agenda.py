"""Which trial gets the next job: one that was cut off, one that is promoted, or a new one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from autocnn.search.history import History
from autocnn.search.intake import Intake
from autocnn.search.objectives import Objectives
from autocnn.search.proposer import START, Proposer
from autocnn.search.settings import Budget, SearchOptions
from autocnn.search.starts import Start
from autocnn.search.trial import Trial
from autocnn.space import Space
from autocnn.store import DecisionRow, Hold, NewTrial
from autocnn.training.training_part import batch_warning

BARREN_ASKS = 200
"""After so many asks in a row without a new candidate the rest of a space is enumerated."""

BARREN_ROW = 20
"""As above where there are too many: a candidate that keeps the constraints is drawn at random."""

MOST_DRAWN = 4
"""So many proposals for each that a screen wants, where some are no new candidates."""

HOPELESS_ROW = 2_000
"""After so many asks in a row without a new candidate the search of an endless space ends."""


class Agenda:
    """Decides from the history alone; `starts` are tried first."""

    def __init__(
        self, space: Space, history: History, hold: Hold, intake: Intake, starts: Sequence[Start]
    ):
        search, objectives = space.section(SearchOptions), space.section(Objectives)
        self._history, self._hold, self._intake = history, hold, intake
        self._sign = 1 if objectives.several else objectives.sign
        """Turns scores of rungs into values, which there are of one objective alone."""
        self._stopping, self._screen = search.stopping, search.screen
        self._trials = space.section(Budget).trials
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
        within = self._trials is None or len(self._history.tally.began) < self._trials
        return within and not self._exhausted

    def _promoted(self, *, more: bool) -> Trial | None:
        """The trial that the stopping rule lets go on, after it has ended those that it stops."""
        while decision := self._stopping.decide(self._history.standing(more=more)):
            trial = self._history.follow(decision)
            least = decision.threshold
            threshold = None if least is None else self._history.score(trial, least)
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
            drawn = self._drawn()
            chosen = self._chosen([trial for trial, _ in drawn if trial.state == "waiting"])
            self._hold.add_trial(*(self._settled(trial, row, chosen) for trial, row in drawn))
            if chosen is not None:
                self._warn(chosen)
                return chosen
        return None

    def _drawn(self) -> list[tuple[Trial, NewTrial]]:
        """The next proposal as a trial of the history; where there is a screen, several."""
        found: list[tuple[Trial, NewTrial]] = []
        wanted = 1 if self._screen is None else self._screen.draws
        most = MOST_DRAWN * wanted
        while wanted and len(found) < most:
            proposed = self._proposer.propose(enumerating=self._stuck)
            endless = not self._proposer.finite
            if proposed is None or (endless and self._history.row >= HOPELESS_ROW):
                if any(trial.state == "waiting" for trial, _ in found):
                    break  # those of them that are left out come again
                self._exhausted = True
                self._hold.add_event("info", "space exhausted: no new candidate is left")
                break
            found.append(self._intake.judge(*proposed, self._history))
            trial = found[-1][0]
            self._history.add(trial)
            wanted -= trial.state == "waiting"
            if self._screen is None or START in trial.notes:
                break
        return found

    def _chosen(self, waiting: Sequence[Trial]) -> Trial | None:
        """The one to train: with a screen the one with the highest score."""
        if self._screen is None or len(waiting) < 2:
            return waiting[0] if waiting else None
        return max(waiting, key=lambda trial: (self._intake.score(trial), -trial.number))

    def _settled(self, trial: Trial, row: NewTrial, chosen: Trial | None) -> NewTrial:
        """A proposal with what became of it, as the store has it."""
        if trial is chosen:  # it is about to begin
            trial.state = "running"
            return replace(row, state="running", notes=trial.notes)
        if chosen is None or trial.state != "waiting":
            return row
        self._history.screen_out(trial)
        self._proposer.reconsider()
        return replace(
            row,
            state=trial.state,
            reason=trial.reason,
            detail=f"the score of trial {chosen.number} is higher",
            notes=trial.notes,
            horizon=None,
            seed=None,
        )

    @property
    def _stuck(self) -> bool:
        """Whether the strategy finds nothing new: ever again, or in an endless space for now."""
        if self._proposer.finite:
            return self._history.barren >= BARREN_ASKS
        return self._history.row >= BARREN_ROW

    def _warn(self, trial: Trial) -> None:
        """Tell once of batches larger than the data."""
        warning = batch_warning(trial.candidate, self._intake.epoch)
        if warning and not self._warned:
            self._warned = True
            earlier = (n for n in self._history.tally.began if n != trial.number)
            trials = (self._history.trials[number] for number in earlier)
            if not any(batch_warning(one.candidate, self._intake.epoch) for one in trials):
                self._hold.add_event("warning", f"trial {trial.number}: {warning}")
