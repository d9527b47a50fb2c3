"""The trials of a study as the coordinator remembers them: a mirror of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autocnn.search.stopping import Rung
from autocnn.space import Candidate
from autocnn.store import Checkpoint

BEGAN = frozenset({"waiting", "running", "paused", "completed", "stopped", "failed"})
"""States of trials that began training."""


@dataclass
class Trial:
    """One trial; `scores` maps images seen to the objective, turned so that higher is better."""

    number: int
    values: Mapping[str, Any]
    candidate: Candidate | None
    state: str
    reason: str | None = None
    original: int | None = None
    params: int = 0
    macs: int = 0
    seed: int = 0
    ladder: tuple[int, ...] = ()
    scores: dict[int, float] = field(default_factory=dict)
    images: int = 0
    seconds: float = 0.0
    speed: float = 0.0
    checkpoint: Checkpoint | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def best(self) -> tuple[float, int] | None:
        """The best score and the images seen there; the earlier one among equals."""
        if not self.scores:
            return None
        images = max(self.scores, key=lambda point: (self.scores[point], -point))
        return self.scores[images], images

    @property
    def next_level(self) -> int | None:
        """The rung to train to, or None at the end of the ladder."""
        return next((level for level in self.ladder if level > self.images), None)


class History:
    """All trials of a study in the order of their numbers."""

    def __init__(self, trials: Iterable[Trial] = ()):
        self.trials: list[Trial] = []
        self._first: dict[str, Trial] = {}
        for trial in trials:
            self.add(trial)

    def add(self, trial: Trial) -> None:
        """Append the next trial."""
        self.trials.append(trial)
        if trial.candidate is not None and trial.original is None:
            self._first.setdefault(trial.candidate.digest, trial)

    def known(self, candidate: Candidate) -> Trial | None:
        """The trial that evaluates the same candidate, if there is one."""
        return self._first.get(candidate.digest)

    def began(self) -> list[Trial]:
        """The trials that began training."""
        return [trial for trial in self.trials if trial.state in BEGAN]

    def images(self) -> int:
        """Training images seen by all trials together."""
        return sum(trial.images for trial in self.trials)

    def ranked(self) -> list[Trial]:
        """Trials with a score, the best first; `failed` ones never count as good."""
        scored = [
            trial
            for trial in self.trials
            if trial.scores and trial.original is None and trial.state != "failed"
        ]
        return sorted(scored, key=lambda t: (-t.best[0], t.number))  # type: ignore[index]

    def rungs(self) -> list[Rung]:
        """The rungs that have results, lowest first."""
        trained = [trial for trial in self.trials if trial.scores]
        levels = sorted({level for trial in trained for level in trial.ladder})
        rungs = []
        for level in levels:
            there = [t for t in trained if level in t.ladder and level in t.scores]
            if there:
                scores = {t.number: t.scores[level] for t in there}
                waiting = {t.number for t in there if t.state == "paused" and t.images == level}
                rungs.append(Rung(level, scores, frozenset(scores.keys() - waiting)))
        return rungs

    def barren(self) -> int:
        """How many of the newest trials in a row brought no new candidate."""
        count = 0
        for trial in reversed(self.trials):
            if trial.state not in ("infeasible", "duplicate"):
                break
            count += 1
        return count
