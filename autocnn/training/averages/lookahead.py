"""Slow and fast weights."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.registry import Whole
from autocnn.training.averages.averaging import AVERAGES, Averaging


@AVERAGES.register("lookahead")
class Lookahead(Averaging):
    """Every few steps slow weights go the `share` of the way to the fast ones.

    Both go on from there; the slow ones are evaluated.
    """

    paper = "https://arxiv.org/abs/1907.08610"
    returns = True

    every: Annotated[Whole, Field(ge=1, le=10_000)] = 5
    share: Annotated[float, Field(gt=0, le=1)] = 0.5

    def weight(self, step: int, share: float, count: int) -> float:
        return self.share if step % self.every == 0 else 0.0
