"""One trial of a study as the coordinator remembers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autocnn.space import Candidate
from autocnn.store import Checkpoint
from autocnn.training import Recipe

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
    of which each takes 1 / `ease` of the time. `speed` is in images per second, that of its last
    stretch; `pace` is that of the first one, in whole images of a whole network.
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
    pace: float = 0.0
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

    def time(self, images: int, speed: float) -> None:
        """Take in the speed of a stretch that ended after so many images."""
        self.speed, self.images = speed, max(self.images, images)
        self.pace = self.pace or self._whole(speed, images)

    @property
    def full_speed(self) -> float:
        """Whole images per second of a whole network, by `speed`."""
        return self._whole(self.speed, self.images)

    def _whole(self, speed: float, images: int) -> float:
        if not self.ladder:
            return speed
        return speed * self.ease * self.recipe.pixels(min(1.0, images / self.ladder[-1]))

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
