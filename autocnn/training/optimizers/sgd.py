"""Stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autocnn.training.optimizers.optimizer import OPTIMIZERS, Decay, Optimizer, Rate, Share

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("sgd")
class SGD(Optimizer):
    """Stochastic gradient descent with momentum, `nesterov` one step ahead; classic decay.

    Plain descent has `momentum: 0`, the momentum of Polyak `nesterov: false`.
    """

    paper = "https://proceedings.mlr.press/v28/sutskever13.html"

    lr: Rate = 0.1
    momentum: Share = 0.9
    nesterov: bool = True
    weight_decay: Decay = 5e-4

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.SGD(
            groups,
            lr=self.lr,
            momentum=self.momentum,
            nesterov=self.nesterov and self.momentum > 0,
            fused=True,
        )
