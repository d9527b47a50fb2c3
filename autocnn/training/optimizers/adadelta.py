"""Adadelta."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.optimizer import OPTIMIZERS, Epsilon, Optimizer, Rate, Share

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("adadelta")
class Adadelta(Optimizer):
    """Steps of the size of earlier steps over that of the gradient; classic decay."""

    paper = "https://arxiv.org/abs/1212.5701"

    lr: Rate = 1.0
    rho: Share = 0.9
    eps: Epsilon = 1e-6

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adadelta(groups, lr=self.lr, rho=self.rho, eps=self.eps, foreach=True)
