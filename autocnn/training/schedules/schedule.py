"""What all schedules have in common, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Options, Registry

Share = Annotated[float, Field(ge=0, le=1)]
"""A share of the training, or a factor of the learning rate, in [0, 1]."""

Factor = Annotated[float, Field(gt=0, lt=1)]
"""What a learning rate is multiplied by to shrink."""


CALM = 0.1
"""The factor from which on a network changes little between two evaluations."""


class Schedule(Options, ABC):
    """The learning rate over a training, as a factor in [0, 1] of the optimizer's `lr`.

    Over the first `warmup` share of the training it rises in a straight line from the `start`
    share of where the schedule begins. Every step has a value of its own.
    """

    watches: ClassVar[bool] = False
    """Whether it depends on values on validation."""

    warmup: Share = 0.0
    start: Share = 0.0

    def value(self, progress: float) -> float:
        """The factor at a share of the training in [0, 1]; asked before every step."""
        if progress < self.warmup:
            return self.shape(0.0) * (self.start + (1 - self.start) * progress / self.warmup)
        return self.shape((progress - self.warmup) / (1 - self.warmup) if self.warmup < 1 else 1.0)

    @abstractmethod
    def shape(self, done: float) -> float:
        """The factor at a share in [0, 1] of what follows the warmup."""

    def reduction(self, scores: list[tuple[float, float]]) -> float:
        """A further factor in [0, 1], from each evaluation's epoch and score, higher is better."""
        return 1.0

    @property
    def calms(self) -> bool:
        """Whether it ends so low that the last weights are the best but for chance."""
        return self.value(1.0) <= CALM


SCHEDULES: Registry[Schedule] = Registry("schedule")
