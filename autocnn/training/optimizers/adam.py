"""Adam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.optimizer import OPTIMIZERS, Epsilon, Optimizer, Rate, Share

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("adam")
class Adam(Optimizer):
    """Steps scaled by running means of the gradient and its square; classic decay."""

    paper = "https://arxiv.org/abs/1412.6980"

    lr: Rate = 2e-3
    beta1: Share = 0.9
    beta2: Share = 0.999
    eps: Epsilon = 1e-8

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adam(
            groups, lr=self.lr, betas=(self.beta1, self.beta2), eps=self.eps, fused=True
        )
