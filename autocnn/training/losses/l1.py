"""The absolute error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.losses.loss import LOSSES, Loss

if TYPE_CHECKING:
    from torch import Tensor


@LOSSES.register("l1")
class L1(Loss):
    """The distance between value and estimate, in standard deviations of the value."""

    tasks = ("regression",)

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).abs()
