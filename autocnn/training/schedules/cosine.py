"""Half a cosine."""

from __future__ import annotations

import math

from autocnn.training.schedules.schedule import SCHEDULES, Schedule, Share


@SCHEDULES.register("cosine")
class Cosine(Schedule):
    """Half a cosine from 1 to `end`."""

    paper = "https://arxiv.org/abs/1608.03983"

    warmup: Share = 0.05
    end: Share = 0.0

    def shape(self, done: float) -> float:
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * done)) / 2
