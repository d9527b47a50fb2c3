"""Adam with decoupled decay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.moments import MomentOptimizer
from autocnn.training.optimizers.optimizer import OPTIMIZERS, Decay

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("adamw")
class AdamW(MomentOptimizer):
    """Adam whose decay is decoupled: a step shrinks the weights by lr x weight_decay."""

    paper = "https://arxiv.org/abs/1711.05101"

    weight_decay: Decay = 0.05

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.AdamW(groups, lr=self.lr, betas=self.betas, eps=self.eps, fused=True)
