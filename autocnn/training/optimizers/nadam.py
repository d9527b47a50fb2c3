"""Adam with Nesterov's momentum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.moments import MomentOptimizer
from autocnn.training.optimizers.optimizer import OPTIMIZERS, Decay, Share

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("nadam")
class NAdam(MomentOptimizer):
    """Adam that looks one step ahead, as Nesterov does; `decoupled` says how it decays."""

    paper = "https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ"

    momentum_decay: Share = 4e-3
    decoupled: bool = True
    weight_decay: Decay = 0.05

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.NAdam(
            groups,
            lr=self.lr,
            betas=self.betas,
            eps=self.eps,
            momentum_decay=self.momentum_decay,
            decoupled_weight_decay=self.decoupled,
            foreach=True,
        )
