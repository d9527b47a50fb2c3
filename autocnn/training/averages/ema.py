"""An exponential moving average."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.training.averages.averaging import AVERAGES, Averaging


@AVERAGES.register("ema")
class EMA(Averaging):
    """An exponential moving average over all steps, useful from the first ones.

    The decay is min(decay, (1 + step) / (10 + step)), so that the average covers about the last
    tenth of the steps until it has its full length.
    """

    paper = "https://arxiv.org/abs/2405.18199"

    decay: Annotated[float, Field(gt=0, lt=1)] = 0.998

    def weight(self, step: int, share: float, count: int) -> float:
        return 1 - min(self.decay, (1 + step) / (10 + step))
