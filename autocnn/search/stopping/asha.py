"""Asynchronous successive halving with promotion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from autocnn.search.stopping.rule import STOPPING, Promotion, Rung, StoppingRule


@STOPPING.register("asha")
class Asha(StoppingRule):
    """Pause every trial at each rung and go on with the best `1 / factor` of that rung.

    Rungs lie at `first`, `first * factor`, `first * factor**2`, ... epochs. No worker ever waits:
    where nobody deserves promotion, a new trial starts.
    """

    paper: ClassVar[str] = "arXiv 1810.05934"

    first: Annotated[float, Field(gt=0, le=1000)] = 0.25
    factor: Annotated[float, Field(ge=2, le=16)] = 3.0

    def epochs(self, horizon: float) -> tuple[float, ...]:
        """The rungs in epochs; the last step may be shorter than `factor`."""
        rungs = []
        level = self.first
        while level < horizon / 1.5:
            rungs.append(level)
            level *= self.factor
        return (*rungs, horizon)

    def promote(self, rungs: Sequence[Rung]) -> Promotion | None:
        """From the highest rung down, the best one among the top share that is still there."""
        for rung in reversed(rungs):
            seats = int(len(rung.values) / self.factor)
            ranked = rung.ranked()
            for number in ranked[:seats]:
                if number not in rung.settled:
                    threshold = rung.values[ranked[seats - 1]]
                    return Promotion(number, rung.level, threshold, len(ranked))
        return None

    def may_promote(self, rung: Rung) -> frozenset[int]:
        """The best half that has not gone on yet: more seats open as rivals arrive."""
        ranked = rung.ranked()
        return frozenset(ranked[: (len(ranked) + 1) // 2]) - rung.settled


@STOPPING.register("default")
class Default(Asha):
    """What measures best so far: `asha` with its own defaults."""
