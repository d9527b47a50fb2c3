"""The known schedules: the learning rate's factor as a function of progress."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated, Literal

from pydantic import Field, model_validator

from autocnn.registry import Listed, Options, Registry

Share = Annotated[float, Field(ge=0, le=1)]
"""A share of the training, or a factor of the learning rate, in [0, 1]."""


class Schedule(Options, ABC):
    """The learning rate over a training, as a factor in [0, 1] of the optimizer's `lr`."""

    @abstractmethod
    def value(self, progress: float) -> float:
        """The factor at a share of the training in [0, 1]; asked before every step."""


SCHEDULES: Registry[Schedule] = Registry("schedule")


def _ramp(progress: float, warmup: float, start: float) -> float:
    """The factor of a linear warmup from `start` to 1."""
    return start + (1 - start) * progress / warmup


@SCHEDULES.register("constant")
class Constant(Schedule):
    """The same learning rate throughout, after a linear warmup over a share of the training."""

    warmup: Share = 0.0

    def value(self, progress: float) -> float:
        return _ramp(progress, self.warmup, 0.0) if progress < self.warmup else 1.0


@SCHEDULES.register("step")
class Step(Schedule):
    """Multiply the learning rate by `factor` at each of the `at` shares of the training."""

    at: Annotated[tuple[Share, ...], Listed] = (0.5, 0.75)
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1

    @model_validator(mode="after")
    def _ascending(self) -> Step:
        if list(self.at) != sorted(set(self.at)):
            raise ValueError(f"`at` must ascend, got {list(self.at)}")
        return self

    def value(self, progress: float) -> float:
        return float(self.factor ** sum(progress >= share for share in self.at))


@SCHEDULES.register("cosine")
class Cosine(Schedule):
    """Half a cosine from 1 to `end`, after a linear warmup over a share of the training."""

    paper = "https://arxiv.org/abs/1608.03983"

    warmup: Share = 0.05
    end: Share = 0.0

    def value(self, progress: float) -> float:
        if progress < self.warmup:
            return _ramp(progress, self.warmup, 0.0)
        done = (progress - self.warmup) / (1 - self.warmup) if self.warmup < 1 else 1.0
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * done)) / 2


@SCHEDULES.register("onecycle")
class OneCycle(Schedule):
    """Rise linearly from `start` to 1 over the `warmup` share, then fall to `end`.

    `anneal` says whether it falls in a straight line or along half a cosine.
    """

    paper = "https://arxiv.org/abs/1708.07120"

    warmup: Share = 0.2
    start: Share = 0.1
    end: Share = 0.0
    anneal: Literal["linear", "cosine"] = "linear"

    def value(self, progress: float) -> float:
        if progress < self.warmup:
            return _ramp(progress, self.warmup, self.start)
        done = (progress - self.warmup) / (1 - self.warmup) if self.warmup < 1 else 1.0
        left = 1 - done if self.anneal == "linear" else (1 + math.cos(math.pi * done)) / 2
        return self.end + (1 - self.end) * left
