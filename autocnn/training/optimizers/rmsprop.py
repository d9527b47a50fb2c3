"""RMSprop."""

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


@OPTIMIZERS.register("rmsprop")
class RMSprop(Optimizer):
    """Steps divided by a running root mean square of the gradient; classic decay."""

    paper = "https://www.cs.toronto.edu/~hinton/coursera/lecture6/lec6.pdf"

    lr: Rate = 2e-3
    alpha: Share = 0.99
    momentum: Share = 0.9
    eps: Epsilon = 1e-8
    centered: bool = False
    weight_decay: Decay = 1e-4

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RMSprop(
            groups,
            lr=self.lr,
            alpha=self.alpha,
            momentum=self.momentum,
            eps=self.eps,
            centered=self.centered,
            foreach=True,
        )
