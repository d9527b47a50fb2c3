"""Adam with decoupled decay."""

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


@OPTIMIZERS.register("adamw")
class AdamW(Optimizer):
    """Adam whose decay is decoupled: a step shrinks the weights by lr x weight_decay."""

    paper = "https://arxiv.org/abs/1711.05101"

    lr: Rate = 2e-3
    beta1: Share = 0.9
    beta2: Share = 0.999
    eps: Epsilon = 1e-8
    weight_decay: Decay = 0.05

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.AdamW(
            groups, lr=self.lr, betas=(self.beta1, self.beta2), eps=self.eps, fused=True
        )
