"""Cosines with warm restarts."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from autocnn.registry import Whole
from autocnn.training.schedules.cycles import place_in_cycle
from autocnn.training.schedules.schedule import SCHEDULES, Schedule, Share


@SCHEDULES.register("cosine_restarts")
class CosineRestarts(Schedule):
    """Half a cosine from 1 to `end`, several times over; each cycle is `growth` times as long.

    `cycles` of them fill the training, so that the last one ends where it does.
    """

    paper = "https://arxiv.org/abs/1608.03983"

    cycles: Annotated[Whole, Field(ge=1, le=1000)] = 3
    growth: Annotated[float, Field(ge=1, le=10)] = 2.0
    end: Share = 0.0

    def shape(self, done: float) -> float:
        _, within = place_in_cycle(done, self.cycles, self.growth)
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * within)) / 2
