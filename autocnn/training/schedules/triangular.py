"""Triangles."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.registry import Whole
from autocnn.training.schedules.cycles import place_in_cycle
from autocnn.training.schedules.schedule import SCHEDULES, Schedule, Share


@SCHEDULES.register("triangular")
class Triangular(Schedule):
    """Rise from `low` to 1 and fall back in straight lines, `cycles` times over.

    The top is at the `peak` share of a cycle; each top is `shrink` times as far above `low` as
    the one before (1/2 is the policy triangular2 of the paper).
    """

    paper = "https://arxiv.org/abs/1506.01186"

    cycles: Annotated[Whole, Field(ge=1, le=1000)] = 3
    low: Share = 0.05
    peak: Annotated[float, Field(gt=0, lt=1)] = 0.5
    shrink: Annotated[float, Field(gt=0, le=1)] = 1.0

    def shape(self, done: float) -> float:
        cycle, within = place_in_cycle(done, self.cycles)
        rise = within / self.peak if within < self.peak else (1 - within) / (1 - self.peak)
        return float(self.low + (1 - self.low) * rise * self.shrink**cycle)
