"""The trials of a study as the coordinator remembers them: a mirror of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autocnn.search.stopping import Decision, Rung, Standing
from autocnn.space import Candidate
from autocnn.store import Checkpoint
from autocnn.training import Recipe

BEGAN = frozenset({"waiting", "running", "paused", "completed", "stopped", "failed"})
"""States of trials that began training."""

DIVERGED = frozenset({"non-finite", "out-of-memory"})
"""Reasons of failure that speak against the candidate itself."""


@dataclass
class Trial:
    """One trial.

    `scores` maps images seen to the objective, turned so that higher is better; `rungs` maps
    each level of its ladder to the score there. A training stops at the end of a batch, so the
    point of a level is the first one at or above it.
    """

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
    rungs: dict[int, float] = field(default_factory=dict)
    images: int = 0
    seconds: float = 0.0
    speed: float = 0.0
    checkpoint: Checkpoint | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    def note(self, images: int, score: float) -> None:
        """Take in the score of a point; points come in the order of their images."""
        self.scores.setdefault(images, score)
        for level in self.ladder:
            if level <= images:
                self.rungs.setdefault(level, score)

    @property
    def recipe(self) -> Recipe:
        """How its candidate is trained."""
        assert self.candidate is not None, f"trial {self.number} has no candidate"
        assert isinstance(self.candidate.training, Recipe)
        return self.candidate.training

    @property
    def full_speed(self) -> float:
        """Images of full size per second of training, by `speed`, that of its last stretch."""
        if not self.ladder:
            return self.speed
        return self.speed * self.recipe.pixels(min(1.0, self.images / self.ladder[-1]))

    @property
    def pretraining(self) -> int:
        """Images that its pretraining takes, or took."""
        return round(self.ladder[-1] * self.recipe.pretrain_share) if self.ladder else 0

    @property
    def seen(self) -> int:
        """Images it has seen; those of its pretraining once it has trained after that."""
        return self.images + self.pretraining if self.images else 0

    def due(self, until: int) -> int:
        """Images still to come before it has trained on so many, its pretraining included."""
        return max(0, until - self.images) + (0 if self.images else self.pretraining)

    @property
    def best(self) -> tuple[float, int] | None:
        """The best score and the images seen there; the earlier one among equals."""
        if not self.scores:
            return None
        images = max(self.scores, key=lambda point: (self.scores[point], -point))
        return self.scores[images], images

    @property
    def level(self) -> int | None:
        """The highest rung it has reached, or None before the first."""
        return max((level for level in self.ladder if level <= self.images), default=None)

    @property
    def next_level(self) -> int | None:
        """The rung to train to, or None at the end of the ladder."""
        return next((level for level in self.ladder if level > self.images), None)

    @property
    def waits(self) -> bool:
        """Whether it stands at its rung until it is promoted."""
        return self.state == "paused" and self.reason == "rung"

    @property
    def succeeded(self) -> bool:
        """Whether it has a result; `failed` ones never count as good."""
        return bool(self.scores) and self.state != "failed"

    @property
    def unfinished(self) -> bool:
        """Whether its job was cut off by a kill, a signal or the end of an earlier run."""
        cut = self.state == "paused" and self.reason in ("interrupted", "budget")
        return cut or self.state in ("waiting", "running")


class History:
    """All trials of a study in the order of their numbers."""

    def __init__(self, trials: Iterable[Trial] = ()):
        self.trials: list[Trial] = []
        self.barren = 0
        """The longest row of trials so far that brought no new candidate."""
        self._barren = 0
        self._first: dict[str, Trial] = {}
        for trial in trials:
            self.add(trial)

    def add(self, trial: Trial) -> None:
        """Append the next trial."""
        self.trials.append(trial)
        fruitless = trial.state in ("infeasible", "duplicate")
        self._barren = self._barren + 1 if fruitless else 0
        self.barren = max(self.barren, self._barren)
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
        return sum(trial.seen for trial in self.trials)

    def has_result(self) -> bool:
        """Whether there is a trial that could be the winner."""
        return any(trial.succeeded for trial in self.trials)

    def ranked(self) -> list[Trial]:
        """Trials with a result, the best first."""
        scored = [trial for trial in self.trials if trial.succeeded]
        return sorted(scored, key=lambda t: (-t.best[0], t.number))  # type: ignore[index]

    def rungs(self) -> list[Rung]:
        """The rungs that have results, lowest first."""
        values: dict[int, dict[int, float]] = {}
        waiting: dict[int, set[int]] = {}
        for trial in self.trials:
            for level, score in trial.rungs.items():
                values.setdefault(level, {})[trial.number] = score
            if trial.waits and trial.level is not None:
                waiting.setdefault(trial.level, set()).add(trial.number)
        return [
            Rung(level, scores, frozenset(scores.keys() - waiting.get(level, set())))
            for level, scores in sorted(values.items())
        ]

    def standing(self, *, more: bool = True) -> Standing:
        """All that a stopping rule may look at; `more` says that new trials can still come."""
        ladders = {trial.number: trial.ladder for trial in self.trials if trial.ladder}
        running = frozenset(trial.number for trial in self.trials if trial.unfinished)
        return Standing(self.rungs(), ladders, running, more)

    def follow(self, decision: Decision) -> Trial:
        """Let the trial of a decision go on, or end it."""
        trial = self.trials[decision.number]
        go_on = decision.action == "promote"
        trial.state, trial.reason = ("running", None) if go_on else ("stopped", "not-promoted")
        return trial
