"""The sum of squared weights as a penalty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autocnn.training.regularizers.regularizer import REGULARIZERS, Rate, Regularizer

if TYPE_CHECKING:
    from torch import Tensor


@REGULARIZERS.register("l2")
class L2(Regularizer):
    """Draw every weight to zero by a share of its size, with any optimizer.

    It comes beside the optimizer's own `weight_decay`. Classic, it is half the squared weights
    times the rate in the loss; decoupled, a step shrinks the weights by lr x rate.
    """

    paper = "https://arxiv.org/abs/1711.05101"

    rate: Rate = 1e-4
    decoupled: bool = False

    def before(self, weights: Sequence[Tensor]) -> None:
        if not self.decoupled:
            for weight in weights:
                if weight.grad is not None:
                    weight.grad.add_(weight.detach(), alpha=self.rate)

    def after(self, weights: Sequence[Tensor], lr: float) -> None:
        if self.decoupled:
            for weight in weights:
                weight.mul_(max(0.0, 1 - lr * self.rate))
