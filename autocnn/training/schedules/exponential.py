"""Exponential decay."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.training.schedules.schedule import SCHEDULES, Factor, Schedule


@SCHEDULES.register("exponential")
class Exponential(Schedule):
    """Shrink by `factor` over each `every` share, evenly or, as a `staircase`, at its end."""

    every: Annotated[float, Field(gt=0, le=1)] = 0.1
    factor: Factor = 0.6
    staircase: bool = False

    def shape(self, done: float) -> float:
        times = done / self.every
        return float(self.factor ** (int(times + 1e-9) if self.staircase else times))
