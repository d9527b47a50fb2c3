"""Rectified Adam."""

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


@OPTIMIZERS.register("radam")
class RAdam(Optimizer):
    """Adam that adapts only once its mean square is known well; `decoupled` says how it decays."""

    paper = "https://arxiv.org/abs/1908.03265"

    lr: Rate = 2e-3
    beta1: Share = 0.9
    beta2: Share = 0.999
    eps: Epsilon = 1e-8
    decoupled: bool = True
    weight_decay: Decay = 0.05

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RAdam(
            groups,
            lr=self.lr,
            betas=(self.beta1, self.beta2),
            eps=self.eps,
            decoupled_weight_decay=self.decoupled,
            foreach=True,
        )
