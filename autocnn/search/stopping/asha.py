"""Asynchronous successive halving with promotion."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from autocnn.search.stopping.halving import climb, may_climb, powers
from autocnn.search.stopping.rule import STOPPING, Decision, Standing, StoppingRule


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
        return powers(self.first, self.factor, horizon)

    def decide(self, standing: Standing) -> Decision | None:
        """From the highest rung down, the best one among the top share that is still there."""
        found = (climb(rung, self.factor) for rung in reversed(standing.rungs))
        return next((decision for decision in found if decision), None)

    def may_promote(self, standing: Standing) -> frozenset[int]:
        """The best half of each rung that has not gone on yet."""
        return frozenset().union(*map(may_climb, standing.rungs))


@STOPPING.register("default")
class Default(Asha):
    """What measures best so far: `asha` with its own defaults."""
