"""Falls where training no longer gains."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.training.schedules.schedule import SCHEDULES, Factor, Schedule, Share


@SCHEDULES.register("plateau")
class Plateau(Schedule):
    """Multiply the learning rate by `factor` after `patience` epochs without a gain on validation.

    A gain is a value of the objective better by more than `least`. After a fall the next one
    takes `patience` epochs again; the factor stays at `end` or above. The moments of evaluation
    are part of it: an epoch, and the rungs of a search.
    """

    factor: Factor = 0.2
    patience: Annotated[float, Field(gt=0, le=100_000)] = 3.0
    least: Annotated[float, Field(ge=0, le=1)] = 1e-4
    end: Share = 0.0

    watches = True

    def shape(self, done: float) -> float:
        return 1.0

    def reduction(self, scores: list[tuple[float, float]]) -> float:
        falls, best, since = 0, float("-inf"), 0.0
        for epoch, score in scores:
            if score > best + self.least:
                best, since = score, epoch
            elif epoch - since >= self.patience:
                falls, since = falls + 1, epoch
        return max(self.end, self.factor**falls)
