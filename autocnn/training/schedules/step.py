"""Falls at even distances."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.training.schedules.schedule import SCHEDULES, Factor, Schedule


@SCHEDULES.register("step")
class Step(Schedule):
    """Multiply the learning rate by `factor` after each `every` share of the training."""

    every: Annotated[float, Field(gt=0, le=1)] = 0.3
    factor: Factor = 0.1

    def shape(self, done: float) -> float:
        return float(self.factor ** int(done / self.every + 1e-9))
