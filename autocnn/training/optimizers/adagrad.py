"""Adagrad."""

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


@OPTIMIZERS.register("adagrad")
class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients; classic decay."""

    paper = "https://jmlr.org/papers/v12/duchi11a.html"

    lr: Rate = 0.02
    lr_decay: Share = 0.0
    initial: Decay = 0.0
    eps: Epsilon = 1e-10

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adagrad(
            groups,
            lr=self.lr,
            lr_decay=self.lr_decay,
            initial_accumulator_value=self.initial,
            eps=self.eps,
            fused=True,
        )
