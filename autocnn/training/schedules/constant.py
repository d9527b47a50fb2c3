"""One learning rate."""

from __future__ import annotations

from autocnn.training.schedules.schedule import SCHEDULES, Schedule


@SCHEDULES.register("constant")
class Constant(Schedule):
    """The same learning rate throughout."""

    def shape(self, done: float) -> float:
        return 1.0
