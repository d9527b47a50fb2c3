"""Stochastic weight averaging."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.registry import Whole
from autocnn.training.averages.averaging import AVERAGES, Averaging


@AVERAGES.register("swa")
class SWA(Averaging):
    """The mean of the weights after each `every` steps from the share `start` of the training on.

    Meant for a schedule that is constant or cyclic there. Until then the network is evaluated as
    it is.
    """

    paper = "https://arxiv.org/abs/1803.05407"

    start: Annotated[float, Field(ge=0, lt=1)] = 0.75
    every: Annotated[Whole, Field(ge=1, le=1_000_000)] = 10

    def weight(self, step: int, share: float, count: int) -> float:
        return 1 / (count + 1) if share >= self.start and step % self.every == 0 else 0.0
