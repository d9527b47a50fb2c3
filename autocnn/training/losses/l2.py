"""The squared error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.losses.loss import LOSSES, Loss

if TYPE_CHECKING:
    from torch import Tensor


@LOSSES.register("l2")
class L2(Loss):
    """The square of the distance, in standard deviations of the value."""

    tasks = ("regression",)

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).square()
