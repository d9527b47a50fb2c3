"""Follow the regularized leader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from autocnn.training.optimizers.library import EXTRA, MODULE, library
from autocnn.training.optimizers.optimizer import OPTIMIZERS, Optimizer, Rate

if TYPE_CHECKING:
    import torch

Strength = Annotated[float, Field(ge=0, le=1000)]


@OPTIMIZERS.register("ftrl")
class FTRL(Optimizer):
    """Follow the regularized leader: the weights that would have been best so far, from all steps.

    `l1` sets weights to zero, `weight_decay` is its L2 penalty on the sum of all steps. The steps
    shrink with the gradients seen; the schedule does not reach them, since a change of the rate
    would scale the weights.
    """

    paper = "https://research.google/pubs/ad-click-prediction-a-view-from-the-trenches/"
    needs = MODULE
    extra = EXTRA
    scheduled = False

    lr: Rate = 0.02
    power: Annotated[float, Field(ge=-1, lt=0)] = -0.5
    l1: Strength = 0.0

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        found: torch.optim.Optimizer = library(self).FTRL(
            [{**group, "lambda_2": group["weight_decay"]} for group in groups],
            lr=self.lr,
            lr_power=self.power,
            lambda_1=self.l1,
        )
        return found
