"""Falls at given moments."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from autocnn.registry import Listed
from autocnn.training.schedules.schedule import SCHEDULES, Factor, Schedule, Share


@SCHEDULES.register("multi_step")
class MultiStep(Schedule):
    """Multiply the learning rate by `factor` at each of the `at` shares of the training."""

    at: Annotated[tuple[Share, ...], Listed, Field(min_length=1)] = (0.5, 0.75)
    factor: Factor = 0.1

    @model_validator(mode="after")
    def _ascending(self) -> MultiStep:
        if list(self.at) != sorted(set(self.at)):
            raise ValueError(f"`at` must ascend, got {list(self.at)}")
        return self

    def shape(self, done: float) -> float:
        return float(self.factor ** sum(done >= share for share in self.at))
