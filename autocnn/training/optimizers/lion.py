"""Lion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.optimizer import OPTIMIZERS, Decay, Optimizer, Rate, Share

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("lion")
class Lion(Optimizer):
    """Steps of equal size by the sign of a momentum; decoupled decay.

    Its `lr` is three to ten times smaller than that of AdamW, its decay as much larger.
    """

    paper = "https://arxiv.org/abs/2302.06675"

    lr: Rate = 1e-3
    beta1: Share = 0.9
    beta2: Share = 0.99
    weight_decay: Decay = 0.1

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        from autocnn.training.steps.lion import LionStep

        return LionStep(groups, self.lr, self.beta1, self.beta2)
