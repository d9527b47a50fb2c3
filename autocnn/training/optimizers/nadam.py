"""Adam with Nesterov's momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.optimizer import (
    OPTIMIZERS,
    Decay,
    Epsilon,
    Optimizer,
    Rate,
    Share,
)

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("nadam")
class NAdam(Optimizer):
    """Adam that looks one step ahead, as Nesterov does; `decoupled` says how it decays."""

    paper = "https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ"

    lr: Rate = 2e-3
    beta1: Share = 0.9
    beta2: Share = 0.999
    eps: Epsilon = 1e-8
    momentum_decay: Share = 4e-3
    decoupled: bool = True
    weight_decay: Decay = 0.05

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.NAdam(
            groups,
            lr=self.lr,
            betas=(self.beta1, self.beta2),
            eps=self.eps,
            momentum_decay=self.momentum_decay,
            decoupled_weight_decay=self.decoupled,
            foreach=True,
        )
