"""What the rules that stop running trials have in common."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from autocnn.search.stopping.rule import Decision, Standing, StoppingRule

MOST = 1000
"""Rungs of one trial; beyond, they lie farther apart than `every` says."""


@dataclass(frozen=True)
class Bar:
    """A trial's score with the threshold that it has to reach, which so many rivals set."""

    score: float
    threshold: float
    rivals: int


class RegularRule(StoppingRule):
    """Judges a trial at `first` and then after `every` epochs, and ends it or lets it go on."""

    first: Annotated[float, Field(gt=0, le=1000)] = 1.0
    every: Annotated[float, Field(gt=0, le=1000)] = 1.0

    @abstractmethod
    def bar(self, standing: Standing, number: int, level: int) -> Bar | None:
        """What a trial has to reach at a level, or None where too little is known to judge it."""

    def epochs(self, horizon: float) -> tuple[float, ...]:
        """Rungs at `first`, `first + every`, ... epochs."""
        step = max(self.every, horizon / MOST)
        count = max(0, math.ceil((horizon - self.first) / step))
        levels = (self.first + place * step for place in range(count))
        return (*(level for level in levels if level < horizon), horizon)

    def decide(self, standing: Standing) -> Decision | None:
        """Whether the first one that waits goes on, at the highest rung where one does."""
        for rung in reversed(standing.rungs):
            for number in rung.waiting:
                return self._judged(standing, number, rung.level, rung.values[number])
        return None

    def may_promote(self, standing: Standing) -> frozenset[int]:
        """All that wait: most of them go on."""
        return standing.waiting

    def _judged(self, standing: Standing, number: int, level: int, score: float) -> Decision:
        if math.isnan(score):
            return Decision("stop", number, level, None, 0)
        bar = self.bar(standing, number, level)
        if bar is None:
            return Decision("promote", number, level, None, 0)
        action: Literal["promote", "stop"] = "promote" if bar.score >= bar.threshold else "stop"
        return Decision(action, number, level, bar.threshold, bar.rivals)
