"""One trial of a study as the coordinator remembers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from autocnn.search.shelf import Shelf
from autocnn.space import Candidate
from autocnn.store import Checkpoint
from autocnn.training import Recipe, recipe_of

T = TypeVar("T")
NOTHING: Mapping[Any, Any] = MappingProxyType({})
"""One for all: most trials have no costs and no vectors."""
Vector = tuple[float, ...]
"""The scores of several objectives, higher being better."""


@dataclass
class Trial:
    """One trial.

    `scores` maps images seen to the objective, turned so that higher is better, in the order in
    which they came. With several objectives it has the first one, `vectors` has all of them.
    `costs` are those that were asked for, by name. Its training may be of less than the whole: one
    of the whole sees `full` images, of which each takes 1 / `ease` of the time. `speed` is in
    images per second, that of its last stretch; `pace` is that of the first one, in whole images
    of a whole network. Its candidate is `made`, as it is or as a shelf has it.
    """

    number: int
    values: Mapping[str, Any]
    made: Candidate | bytes | None
    state: str
    reason: str | None = None
    original: int | None = None
    params: int = 0
    macs: int = 0
    costs: Mapping[str, float] = field(default_factory=lambda: NOTHING)
    seed: int = 0
    ladder: tuple[int, ...] = ()
    full: int = 0
    ease: float = 1.0
    scores: dict[int, float] = field(default_factory=dict)
    vectors: Mapping[int, Vector] = field(default_factory=lambda: NOTHING)
    images: int = 0
    seconds: float = 0.0
    speed: float = 0.0
    pace: float = 0.0
    checkpoint: Checkpoint | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    tell: Callable[[int], None] | None = field(default=None, repr=False, compare=False)
    """Called with its number when anything about it changes; a history sets it."""
    shelf: Shelf | None = field(default=None, repr=False, compare=False)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if self.tell is not None:
            self.tell(self.number)

    def note(self, images: int, score: float, vector: Vector = ()) -> None:
        """Take in the score of a point, of several objectives also the vector of scores.

        Points come in the order of their images.
        """
        self.scores.setdefault(images, score)
        if vector and images not in self.vectors:
            self.vectors = {**self.vectors, images: vector}
        elif self.tell is not None:
            self.tell(self.number)

    @property
    def rungs(self) -> dict[int, float]:
        """The score at each level of its ladder that it reached.

        A training stops at the end of a batch: that is the first point at or above the level.
        """
        return self._at_levels(self.scores)

    @property
    def rung_vectors(self) -> dict[int, Vector]:
        """The same for several objectives."""
        return self._at_levels(self.vectors)

    def _at_levels(self, points: Mapping[int, T]) -> dict[int, T]:
        found = {}
        for level in self.ladder:
            for images, score in points.items():
                if images >= level:
                    found[level] = score
                    break
        return found

    def shelve(self, shelf: Shelf) -> None:
        """Keep the candidate in little memory; not at all if it is none to train."""
        if isinstance(self.made, Candidate):
            self.made = shelf.put(self.made) if self.ladder else None
            self.shelf = shelf

    @property
    def candidate(self) -> Candidate:
        """What is trained; a trial that nothing is trained of may have none."""
        assert self.made is not None, f"trial {self.number} has no candidate"
        if isinstance(self.made, Candidate):
            return self.made
        assert self.shelf is not None
        return self.shelf.get(self.made)

    @property
    def recipe(self) -> Recipe:
        """How its candidate is trained."""
        return recipe_of(self.candidate)

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
        if self.made is None or not self.ladder:
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
