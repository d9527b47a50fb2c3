"""Focal loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.training.losses.class_loss import ClassLoss
from autocnn.training.losses.loss import LOSSES

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 1e-8


@LOSSES.register("focal")
class Focal(ClassLoss):
    """Cross-entropy times (1 - p) ** gamma for the probability p of the true class.

    Images that are recognised well count little, so that the rare and hard ones are learned;
    `gamma: 0` is cross-entropy.
    """

    paper = "https://arxiv.org/abs/1708.02002"

    gamma: Annotated[float, Field(ge=0, le=10)] = 2.0

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        logs = outputs.log_softmax(1)
        if targets.ndim == 1:
            logs = logs.gather(1, targets[:, None])
        missed = -logs.expm1()
        hard = missed.clamp_min(LEAST).pow(self.gamma)  # at 0 the gradient may be infinite
        each = -logs * hard
        return each.squeeze(1) if targets.ndim == 1 else (targets * each).sum(1)
