"""The trials of a study as the coordinator remembers them: a mirror of the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from autocnn import pareto
from autocnn.search.screen import SCREENED
from autocnn.search.shelf import Shelf
from autocnn.search.stopping import Decision, Rung, Standing
from autocnn.search.tally import Tally
from autocnn.search.trial import Trial
from autocnn.space import Candidate

if TYPE_CHECKING:
    from autocnn.search.pace import Pace

DIVERGED = frozenset({"non-finite", "out-of-memory"})
"""Reasons of failure that speak against the candidate itself."""


class History:
    """All trials of a study in the order of their numbers.

    At rungs and by strategies they are compared by what their scores are worth at a `pace`.
    """

    def __init__(self, trials: Iterable[Trial] = (), pace: Pace | None = None):
        self.trials: list[Trial] = []
        self._pace = pace
        self.barren = 0
        """The longest row of trials so far that brought no new candidate."""
        self.row = 0
        """How many of the last trials brought no new candidate, one after the other."""
        self._shelf = Shelf()
        self._first: dict[str, Trial] = {}
        self._changed: list[set[int]] = []
        self._tell = self._note_change
        self._ladders: dict[int, tuple[int, ...]] = {}
        self._tally, self._untold = Tally(self.worth), self.changes()
        self._several = False
        self._ordered: tuple[tuple[int, int], list[Trial]] = (0, 0), []
        self._memo: dict[Any, Any] = {}
        self._by_rank: dict[int, tuple[Rung | None, Rung]] = {}
        for trial in trials:
            self.add(trial)

    def add(self, trial: Trial) -> None:
        """Append the next trial."""
        self.trials.append(trial)
        fruitless = trial.state in ("infeasible", "duplicate") and trial.reason != SCREENED
        self.row = self.row + 1 if fruitless else 0
        self.barren = max(self.barren, self.row)
        if trial.made is not None and trial.original is None and trial.reason != SCREENED:
            self._first.setdefault(trial.candidate.digest, trial)
        if trial.ladder:
            self._ladders[trial.number] = trial.ladder
        trial.shelve(self._shelf)
        trial.tell = self._tell

    def screen_out(self, trial: Trial) -> None:
        """Let a trial that has not begun never begin; its candidate may come again."""
        trial.state, trial.reason, trial.ladder = "infeasible", SCREENED, ()
        del self._ladders[trial.number], self._first[trial.candidate.digest]

    def changes(self) -> set[int]:
        """A set to which the numbers of trials that change are added; who asks may empty it."""
        self._changed.append(set(range(len(self.trials))))
        return self._changed[-1]

    def _note_change(self, number: int) -> None:
        self._several = self._several or bool(self.trials[number].vectors)
        for numbers in self._changed:
            numbers.add(number)

    @property
    def tally(self) -> Tally:
        """What is counted over all trials, at this moment."""
        for number in sorted(self._untold):
            self._tally.count(self.trials[number])
        self._untold.clear()
        return self._tally

    def known(self, candidate: Candidate) -> Trial | None:
        """The trial that evaluates the same candidate, if there is one."""
        return self._first.get(candidate.digest)

    def unfinished(self) -> list[Trial]:
        """The trials whose job was cut off or runs."""
        return self._those(self.tally.unfinished)

    def images(self) -> int:
        """Training images seen by all trials together, those of pretraining included."""
        return self.tally.images

    def has_result(self) -> bool:
        """Whether there is a trial that could be the winner."""
        return bool(self.tally.best)

    def ranked(self) -> list[Trial]:
        """Trials with a result, the best first; of several objectives by `pareto.order`."""
        best = [self.trials[number] for number in self.tally.best.numbers]
        if not self._several:
            return best
        scored = [trial for trial in self._those(t.number for t in best) if trial.vector]
        points = sum(len(trial.vectors) for trial in scored)
        if self._ordered[0] != (points, len(scored)):  # it stays until there are more points
            found = pareto.order([trial.vector for trial in scored])
            self._ordered = (points, len(scored)), [scored[index] for index in found]
        return list(self._ordered[1])

    def leaders(self, count: int) -> list[Trial]:
        """The best few of those with a result, the best first."""
        if self._several:
            return self.ranked()[:count]
        return [self.trials[number] for number in self.tally.best.numbers[:count]]

    def worth(self, trial: Trial, score: float) -> float:
        """What a score of a trial is compared by."""
        return score if self._pace is None else self._pace.worth(trial, score)

    def score(self, trial: Trial, worth: float) -> float:
        """The score that a trial needs to be worth so much."""
        return worth if self._pace is None else self._pace.score(trial, worth)

    def rungs(self) -> list[Rung]:
        """The rungs that have results, lowest first.

        With several objectives scores are those of `pareto.scores` among all that came there.
        """
        found = self.tally.rungs()
        return [self._compared(rung) for rung in found] if self._several else found

    def standing(self, *, more: bool = True) -> Standing:
        """All that a stopping rule may look at; `more` says that new trials can still come."""
        running = frozenset(self.tally.unfinished)
        memo = {} if self._several else self._memo  # ranks among all change with each that comes
        return Standing(self.rungs(), dict(self._ladders), running, more, memo)

    def follow(self, decision: Decision) -> Trial:
        """Let the trial of a decision go on, or end it."""
        trial = self.trials[decision.number]
        go_on = decision.action == "promote"
        trial.state, trial.reason = ("running", None) if go_on else ("stopped", "not-promoted")
        return trial

    def _compared(self, rung: Rung) -> Rung:
        """A rung with scores made of vectors; these change only when another trial comes."""
        before, made = self._by_rank.get(rung.level, (None, Rung(rung.level, {}, frozenset())))
        if before is rung:
            return made
        there = (self.trials[number] for number in rung.values)
        known = {t.number: found for t in there if (found := t.rung_vectors.get(rung.level))}
        scores = made.values
        if len(scores) != len(known):
            scores = dict(zip(known, pareto.scores([*known.values()]).tolist(), strict=True))
        made = Rung(rung.level, scores, rung.settled)
        self._by_rank[rung.level] = rung, made
        return made

    def _those(self, numbers: Iterable[int]) -> list[Trial]:
        return [self.trials[number] for number in sorted(numbers)]
