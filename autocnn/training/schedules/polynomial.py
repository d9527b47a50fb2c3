"""Polynomial decay."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.training.schedules.schedule import SCHEDULES, Schedule, Share


@SCHEDULES.register("polynomial")
class Polynomial(Schedule):
    """Fall from 1 to `end` as a `power` of what is left of the training; 1 is a straight line."""

    paper = "https://arxiv.org/abs/1506.04579"

    power: Annotated[float, Field(gt=0, le=10)] = 2.0
    end: Share = 0.0

    def shape(self, done: float) -> float:
        return float(self.end + (1 - self.end) * (1 - done) ** self.power)
