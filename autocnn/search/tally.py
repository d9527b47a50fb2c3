"""What is counted over all trials of a study, kept up as single trials change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.search.stopping import Rung

if TYPE_CHECKING:
    from autocnn.search.history import Trial

BEGAN = frozenset({"waiting", "running", "paused", "completed", "stopped", "failed"})
"""States of trials that began training."""


class Tally:
    """Numbers of trials by what they are, images seen, rungs; `best` has the scores of results.

    Looking at all trials again after each change would take longer than a small training, from a
    few thousand trials on.
    """

    def __init__(self) -> None:
        self.began: set[int] = set()
        self.unfinished: set[int] = set()
        self.kept: set[int] = set()
        """Trials with a checkpoint."""
        self.best: dict[int, float] = {}
        self.images = 0
        self._seen: dict[int, int] = {}
        self._values: dict[int, dict[int, float]] = {}
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
        self.best.pop(number, None)
        if trial.succeeded and trial.best is not None:
            self.best[number] = trial.best[0]
        self._climb(trial)

    def rungs(self) -> list[Rung]:
        """The rungs that have results, lowest first."""
        waiting: dict[int, set[int]] = {}
        for number, level in self._waiting.items():
            if level not in self._made:
                waiting.setdefault(level, set()).add(number)
        for level, scores in self._values.items():
            if level not in self._made:
                settled = frozenset(scores.keys() - waiting.get(level, set()))
                self._made[level] = Rung(level, dict(sorted(scores.items())), settled)
        return [self._made[level] for level in sorted(self._made)]

    def _climb(self, trial: Trial) -> None:
        """Note its scores at rungs and the rung where it waits."""
        number = trial.number
        for level, score in trial.rungs.items():
            known = self._values.setdefault(level, {})
            if number not in known:
                known[number] = score
                self._made.pop(level, None)
        now = trial.level if trial.waits else None
        before = self._waiting.pop(number, None)
        if now is not None:
            self._waiting[number] = now
        if now != before:
            for place in {now, before} - {None}:
                self._made.pop(place, None)  # type: ignore[arg-type]


def _place(group: set[int], number: int, member: bool) -> None:
    if member:
        group.add(number)
    else:
        group.discard(number)
