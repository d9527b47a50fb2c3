"""Adam by the largest gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.moments import MomentOptimizer
from autocnn.training.optimizers.optimizer import OPTIMIZERS, Rate

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("adamax")
class Adamax(MomentOptimizer):
    """Adam with a running maximum in place of the mean square; classic decay."""

    paper = "https://arxiv.org/abs/1412.6980"

    lr: Rate = 4e-3

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adamax(groups, lr=self.lr, betas=self.betas, eps=self.eps, foreach=True)
