"""Rectified Adam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.moments import MomentOptimizer
from autocnn.training.optimizers.optimizer import OPTIMIZERS, Decay

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("radam")
class RAdam(MomentOptimizer):
    """Adam that adapts only once its mean square is known well; `decoupled` says how it decays."""

    paper = "https://arxiv.org/abs/1908.03265"

    decoupled: bool = True
    weight_decay: Decay = 0.05

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RAdam(
            groups,
            lr=self.lr,
            betas=self.betas,
            eps=self.eps,
            decoupled_weight_decay=self.decoupled,
            foreach=True,
        )
