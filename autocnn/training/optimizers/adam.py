"""Adam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.moments import MomentOptimizer
from autocnn.training.optimizers.optimizer import OPTIMIZERS

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("adam")
class Adam(MomentOptimizer):
    """Steps scaled by running means of the gradient and its square; classic decay."""

    paper = "https://arxiv.org/abs/1412.6980"

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adam(groups, lr=self.lr, betas=self.betas, eps=self.eps, fused=True)
