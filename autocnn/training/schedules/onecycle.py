"""One rise and one fall."""

from __future__ import annotations

import math
from typing import Literal

from autocnn.training.schedules.schedule import SCHEDULES, Schedule, Share


@SCHEDULES.register("onecycle")
class OneCycle(Schedule):
    """Rise from `start` to 1 over the `warmup` share, then fall to `end`.

    `anneal` says whether it falls in a straight line or along half a cosine.
    """

    paper = "https://arxiv.org/abs/1708.07120"

    warmup: Share = 0.2
    start: Share = 0.1
    end: Share = 0.0
    anneal: Literal["linear", "cosine"] = "linear"

    def shape(self, done: float) -> float:
        left = 1 - done if self.anneal == "linear" else (1 + math.cos(math.pi * done)) / 2
        return self.end + (1 - self.end) * left
