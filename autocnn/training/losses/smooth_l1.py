"""The smooth absolute error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.training.losses.loss import LOSSES, Loss

if TYPE_CHECKING:
    from torch import Tensor


@LOSSES.register("smooth_l1")
class SmoothL1(Loss):
    """The square of small distances over `beta`, the absolute value of larger ones.

    Distances are in standard deviations of the value.
    """

    paper = "https://arxiv.org/abs/1504.08083"
    tasks = ("regression",)

    beta: Annotated[float, Field(gt=0, le=100)] = 1.0

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import smooth_l1_loss

        return smooth_l1_loss(outputs, targets, beta=self.beta, reduction="none")
