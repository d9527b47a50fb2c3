"""Sharpness-aware minimization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from autocnn.training.optimizers.library import EXTRA, MODULE, library
from autocnn.training.optimizers.optimizer import OPTIMIZERS, Decay, Optimizer, Rate, Share

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("sam")
class SAM(Optimizer):
    """Descent by the gradient at the worst weights within `rho`, which takes two passes a step.

    The step itself is that of `sgd`, with classic decay. With `adaptive` the distance of a weight
    is relative to its size (ASAM).
    """

    paper = "https://arxiv.org/abs/2010.01412"
    needs = MODULE
    extra = EXTRA
    twice = True

    lr: Rate = 0.1
    rho: Annotated[float, Field(gt=0, le=10)] = 0.05
    adaptive: bool = False
    momentum: Share = 0.9
    nesterov: bool = True
    weight_decay: Decay = 5e-4

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        found: torch.optim.Optimizer = library(self).SAM(
            groups,
            torch.optim.SGD,
            rho=self.rho,
            adaptive=self.adaptive,
            lr=self.lr,
            momentum=self.momentum,
            nesterov=self.nesterov and self.momentum > 0,
            fused=True,
        )
        return found
