"""Huber's loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.training.losses.loss import LOSSES, Loss

if TYPE_CHECKING:
    from torch import Tensor


@LOSSES.register("huber")
class Huber(Loss):
    """Half the square of small distances, `delta` times the absolute value of larger ones.

    Distances are in standard deviations of the value.
    """

    paper = "https://doi.org/10.1214/aoms/1177703732"
    tasks = ("regression",)

    delta: Annotated[float, Field(gt=0, le=100)] = 1.0

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import huber_loss

        return huber_loss(outputs, targets, delta=self.delta, reduction="none")
