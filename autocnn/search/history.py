"""The trials of a study as the coordinator remembers them: a mirror of the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autocnn import pareto
from autocnn.search.screen import SCREENED
from autocnn.search.stopping import Decision, Rung, Standing
from autocnn.search.tally import Tally
from autocnn.space import Candidate
from autocnn.store import Checkpoint
from autocnn.training import Recipe

DIVERGED = frozenset({"non-finite", "out-of-memory"})
"""Reasons of failure that speak against the candidate itself."""


Vector = tuple[float, ...]
"""The scores of several objectives, higher being better."""


@dataclass
class Trial:
    """One trial.

    `scores` maps images seen to the objective, turned so that higher is better; `rungs` maps
    each level of its ladder to the score there. A training stops at the end of a batch, so the
    point of a level is the first one at or above it. With several objectives these are those of
    the first one, `vectors` and `rung_vectors` have all of them. `costs` are those that were asked
    for, by name. Its training may be of less than the whole: one of the whole sees `full` images,
    of which each takes 1 / `ease` of the time.
    """

    number: int
    values: Mapping[str, Any]
    candidate: Candidate | None
    state: str
    reason: str | None = None
    original: int | None = None
    params: int = 0
    macs: int = 0
    costs: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    ladder: tuple[int, ...] = ()
    full: int = 0
    ease: float = 1.0
    scores: dict[int, float] = field(default_factory=dict)
    rungs: dict[int, float] = field(default_factory=dict)
    vectors: dict[int, Vector] = field(default_factory=dict)
    rung_vectors: dict[int, Vector] = field(default_factory=dict)
    images: int = 0
    seconds: float = 0.0
    speed: float = 0.0
    checkpoint: Checkpoint | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    tell: Callable[[int], None] | None = field(default=None, repr=False, compare=False)
    """Called with its number when anything about it changes; a history sets it."""

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if self.tell is not None:
            self.tell(self.number)

    def note(self, images: int, score: float, vector: Vector = ()) -> None:
        """Take in the score of a point, of several objectives also the vector of scores.

        Points come in the order of their images.
        """
        self.scores.setdefault(images, score)
        if vector:
            self.vectors.setdefault(images, vector)
        for level in self.ladder:
            if level <= images:
                self.rungs.setdefault(level, score)
                if vector:
                    self.rung_vectors.setdefault(level, vector)
        if self.tell is not None:
            self.tell(self.number)

    @property
    def recipe(self) -> Recipe:
        """How its candidate is trained."""
        assert self.candidate is not None, f"trial {self.number} has no candidate"
        assert isinstance(self.candidate.training, Recipe)
        return self.candidate.training

    @property
    def full_speed(self) -> float:
        """Whole images per second of a whole network, by `speed`, that of its last stretch."""
        if not self.ladder:
            return self.speed
        return self.speed * self.ease * self.recipe.pixels(min(1.0, self.images / self.ladder[-1]))

    @property
    def pretraining(self) -> int:
        """Images that its pretraining takes, or took."""
        if self.candidate is None or not self.ladder:
            return 0
        return round(self.ladder[-1] * self.recipe.pretrain_share)

    @property
    def full_images(self) -> int:
        """Images that a training of the whole sees, its pretraining included."""
        return round(self.full * (1 + self.recipe.pretrain_share))

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
    def vector(self) -> Vector:
        """Of several objectives the scores at its best point."""
        best = self.best
        return () if best is None else self.vectors.get(best[1], ())

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
        self.row = 0
        """How many of the last trials brought no new candidate, one after the other."""
        self.version = 0
        """Grows with every change of a trial."""
        self._first: dict[str, Trial] = {}
        self._versions: dict[int, int] = {}
        self._ladders: dict[int, tuple[int, ...]] = {}
        self._tally, self._tallied = Tally(), 0
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
        if trial.candidate is not None and trial.original is None and trial.reason != SCREENED:
            self._first.setdefault(trial.candidate.digest, trial)
        if trial.ladder:
            self._ladders[trial.number] = trial.ladder
        trial.tell = self._note_change

    def screen_out(self, trial: Trial) -> None:
        """Let a trial that has not begun never begin; its candidate may come again."""
        assert trial.candidate is not None
        trial.state, trial.reason, trial.ladder = "infeasible", SCREENED, ()
        del self._ladders[trial.number], self._first[trial.candidate.digest]

    def changed(self, since: int) -> list[int]:
        """The numbers of the trials that changed after a version, ascending."""
        found = []
        for number in reversed(self._versions):
            if self._versions[number] <= since:
                break
            found.append(number)
        return sorted(found)

    def _note_change(self, number: int) -> None:
        self._several = self._several or bool(self.trials[number].vectors)
        self.version += 1
        self._versions.pop(number, None)  # the latest change stands last
        self._versions[number] = self.version

    @property
    def tally(self) -> Tally:
        """What is counted over all trials, at this moment."""
        for number in self.changed(self._tallied):
            self._tally.count(self.trials[number])
        self._tallied = self.version
        return self._tally

    def known(self, candidate: Candidate) -> Trial | None:
        """The trial that evaluates the same candidate, if there is one."""
        return self._first.get(candidate.digest)

    def began(self) -> list[Trial]:
        """The trials that began training."""
        return self._those(self.tally.began)

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
        best = self.tally.best.numbers
        if self._several:
            return self._in_order([trial for trial in self._those(best) if trial.vector])
        return [self.trials[number] for number in best]

    def leaders(self, count: int) -> list[Trial]:
        """The best few of those with a result, the best first."""
        if self._several:
            return self.ranked()[:count]
        return [self.trials[number] for number in self.tally.best.numbers[:count]]

    def _in_order(self, scored: list[Trial]) -> list[Trial]:
        """The order is kept until there are more points."""
        points = sum(len(trial.vectors) for trial in scored)
        if self._ordered[0] != (points, len(scored)):
            found = pareto.order([trial.vector for trial in scored])
            self._ordered = (points, len(scored)), [scored[index] for index in found]
        return list(self._ordered[1])

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
