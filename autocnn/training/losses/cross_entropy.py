"""Cross-entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.training.losses.class_loss import ClassLoss
from autocnn.training.losses.loss import LOSSES

if TYPE_CHECKING:
    from torch import Tensor


@LOSSES.register("cross_entropy")
class CrossEntropy(ClassLoss):
    """The negative log-likelihood; smoothing gives a share of each label to all classes."""

    paper = "https://arxiv.org/abs/1512.00567"

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import cross_entropy

        smoothing = self.label_smoothing
        return cross_entropy(outputs, targets, label_smoothing=smoothing, reduction="none")
