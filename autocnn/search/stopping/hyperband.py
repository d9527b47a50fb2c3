"""All brackets of Hyperband, without barriers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.stopping.halving import climb, may_climb, powers
from autocnn.search.stopping.rule import STOPPING, Decision, Rung, Standing, StoppingRule


@cache
def sizes(rungs: int, factor: int) -> tuple[int, ...]:
    """Trials in one round of each bracket, from the one that halves most often down."""
    return tuple(-(-rungs * factor**s // (s + 1)) for s in reversed(range(rungs)))


def bracket(number: int, rungs: int, factor: int) -> int:
    """The bracket of a trial in [0, rungs): its first comparison is at the rung of that index."""
    return _bracket(number % sum(sizes(rungs, factor)), rungs, factor)


@cache
def _bracket(place: int, rungs: int, factor: int) -> int:
    for index, size in enumerate(sizes(rungs, factor)):
        if place < size:
            return index
        place -= size
    raise AssertionError("a place is in one of the brackets")


@STOPPING.register("hyperband")
class Hyperband(StoppingRule):
    """Successive halving in brackets, each of which begins to compare a rung later.

    The last bracket trains its trials to their end without comparing them, so that one whose
    first epochs tell little is found too. A trial's number says its bracket, within which the best
    `1 / factor` of a rung go on, as with `asha`. Rungs lie at `first`, `first * factor`, ...
    epochs.
    """

    paper: ClassVar[str] = "arXiv 1603.06560"

    first: Annotated[float, Field(gt=0, le=1000)] = 0.25
    factor: Annotated[Whole, Field(ge=2, le=16)] = 3

    def epochs(self, horizon: float) -> tuple[float, ...]:
        """The rungs in epochs; the last step may be shorter than `factor`."""
        return powers(self.first, self.factor, horizon)

    def decide(self, standing: Standing) -> Decision | None:
        """From the highest rung down: who need not be compared there, or who deserves to go on."""
        for rung in reversed(standing.rungs):
            for start, members in self._brackets(standing, rung).items():
                if start is None:
                    if waiting := [n for n in members.ranked() if n not in rung.settled]:
                        return Decision("promote", waiting[0], rung.level, None, 0)
                elif decision := climb(members, self.factor):
                    return decision
        return None

    def may_promote(self, standing: Standing) -> frozenset[int]:
        """The best half of each bracket at each rung, and all that are not compared there."""
        kept = set[int]()
        for rung in standing.rungs:
            for start, members in self._brackets(standing, rung).items():
                kept |= set(members.waiting) if start is None else may_climb(members)
        return frozenset(kept)

    def _brackets(self, standing: Standing, rung: Rung) -> Mapping[int | None, Rung]:
        """A rung's trials by bracket; under None those whose bracket compares from later on."""
        known: tuple[Rung | None, Mapping[int | None, Rung]]
        known = standing.memo.get((self.word, rung.level), (None, {}))
        if known[0] is rung:
            return known[1]
        found: dict[int | None, list[int]] = {}
        for number in rung.values:
            ladder = standing.ladders[number]
            start = bracket(number, len(ladder), self.factor)
            early = rung.level < ladder[start]
            found.setdefault(None if early else start, []).append(number)
        made = {start: rung.among(set(numbers)) for start, numbers in found.items()}
        standing.memo[self.word, rung.level] = rung, made
        return made
