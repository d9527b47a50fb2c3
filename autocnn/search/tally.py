"""What is counted over all trials of a study, kept up as single trials change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from autocnn.search.ranking import Ranking
from autocnn.search.stopping import Rung

if TYPE_CHECKING:
    from autocnn.search.trial import Trial

BEGAN = frozenset({"waiting", "running", "paused", "completed", "stopped", "failed"})
"""States of trials that began training."""


class Tally:
    """Numbers of trials by what they are, images seen, rungs; `best` ranks those with a result.

    `worth` says what a score of a trial at a rung is compared by.

    Looking at all trials again after each change would take longer than a small training, from a
    few thousand trials on.
    """

    def __init__(self, worth: Callable[[Trial, float], float]) -> None:
        self._worth = worth
        self.began: set[int] = set()
        self.unfinished: set[int] = set()
        self.kept: set[int] = set()
        """Trials with a checkpoint."""
        self.best = Ranking()
        self.images = 0
        self._seen: dict[int, int] = {}
        self._ranked: dict[int, Ranking] = {}
        self._settled: dict[int, set[int]] = {}
        self._waiting: dict[int, int] = {}
        self._made: dict[int, Rung] = {}

    def count(self, trial: Trial) -> None:
        """Take in a trial as it is now."""
        number = trial.number
        _place(self.began, number, trial.state in BEGAN)
        _place(self.unfinished, number, trial.unfinished)
        _place(self.kept, number, trial.checkpoint is not None)
        self.images += trial.seen - self._seen.get(number, 0)
        self._seen[number] = trial.seen
        best = trial.best if trial.succeeded else None
        if best is None:
            self.best.drop(number)
        else:
            self.best.put(number, best[0])
        self._climb(trial)

    def rungs(self) -> list[Rung]:
        """The rungs that have results, lowest first."""
        for level, ranked in self._ranked.items():
            if level not in self._made:
                scores = {number: ranked.scores[number] for number in sorted(ranked.scores)}
                settled = frozenset(self._settled[level])
                self._made[level] = Rung(level, scores, settled, tuple(ranked.numbers))
        return [self._made[level] for level in sorted(self._made)]

    def _climb(self, trial: Trial) -> None:
        """Note its scores at rungs and the rung where it waits."""
        number, now = trial.number, trial.level if trial.waits else None
        before = self._waiting.pop(number, None)
        if now is not None:
            self._waiting[number] = now
        moved = (now, before) if now != before else ()
        changed = {level for level in moved if level is not None}
        for level, score in trial.rungs.items():
            known = self._ranked.setdefault(level, Ranking())
            if number not in known.scores:
                known.put(number, self._worth(trial, score))
                changed.add(level)
        for level in changed:
            settled = self._settled.setdefault(level, set())
            _place(settled, number, level in trial.rungs and level != now)
            self._made.pop(level, None)


def _place(group: set[int], number: int, member: bool) -> None:
    if member:
        group.add(number)
    else:
        group.discard(number)
