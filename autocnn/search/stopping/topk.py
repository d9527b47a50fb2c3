"""One epoch for everyone, the rest for the best few."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.stopping.rule import STOPPING, Decision, Rung, Standing, StoppingRule


@STOPPING.register("topk")
class TopK(StoppingRule):
    """Train every trial for `first` epochs, then only the best `keep` of them to the end.

    That is when no new trial comes: the budget's `trials` have been, or the space is used up.
    With a budget of time, epochs or images alone this is in the finals, which train the best ones
    anyway.
    """

    paper: ClassVar[str] = "arXiv 2307.15422"

    first: Annotated[float, Field(gt=0, le=1000)] = 1.0
    keep: Annotated[Whole, Field(ge=1, le=1000)] = 3

    def epochs(self, horizon: float) -> tuple[float, ...]:
        """A rung at `first` and the end."""
        return (self.first, horizon) if self.first < horizon else (horizon,)

    def decide(self, standing: Standing) -> Decision | None:
        """The best of the first rung, once all trials are there or beyond."""
        rung = _rung(standing)
        if standing.more or rung is None:
            return None
        if standing.running - rung.values.keys():
            return None
        best = rung.ranked()[: self.keep]
        for number in best:
            if number not in rung.settled:
                threshold = rung.values[best[-1]]
                return Decision("promote", number, rung.level, threshold, len(rung.values))
        return None

    def may_promote(self, standing: Standing) -> frozenset[int]:
        """The best of the first rung; those that come can only push some out."""
        rung = _rung(standing)
        return frozenset(rung.ranked()[: self.keep]) & standing.waiting if rung else frozenset()


def _rung(standing: Standing) -> Rung | None:
    """The only rung at which trials wait; those of fewer epochs than `first` end below it."""
    return next((r for r in standing.rungs if r.waiting), None)
