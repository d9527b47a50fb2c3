"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.optimizer import OPTIMIZERS, Decay, Optimizer, Rate, Share

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("asgd")
class ASGD(Optimizer):
    """Descent whose steps shrink with their number as averaging asks for; classic decay.

    After t steps the learning rate is divided by (1 + shrink lr t) ** power. The averaging itself
    is what `average` does.
    """

    paper = "https://doi.org/10.1137/0330046"

    lr: Rate = 0.1
    shrink: Share = 1e-4
    power: Share = 0.75
    weight_decay: Decay = 5e-4

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.ASGD(
            groups, lr=self.lr, lambd=self.shrink, alpha=self.power, foreach=True
        )
