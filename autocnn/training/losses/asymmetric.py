"""Asymmetric loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.training.losses.loss import LOSSES, Loss

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 1e-8

Exponent = Annotated[float, Field(ge=0, le=10)]


@LOSSES.register("asymmetric")
class Asymmetric(Loss):
    """Binary cross-entropy in which images without a label count less, the surer the less.

    Terms of a label that is there are multiplied by (1 - p) ** gamma_positive, of one that is not
    by q ** gamma_negative, where q is the probability less `margin` and at least 0; with all three
    0 it is binary cross-entropy.
    """

    paper = "https://arxiv.org/abs/2009.14119"
    tasks = ("multilabel",)

    gamma_positive: Exponent = 0.0
    gamma_negative: Exponent = 4.0
    margin: Annotated[float, Field(ge=0, lt=1)] = 0.05

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import softplus

        there = softplus(-outputs)  # -log p
        if self.gamma_positive:
            missed = outputs.neg().sigmoid().clamp_min(LEAST)
            there = there * missed.pow(self.gamma_positive)
        if self.margin:
            q = (outputs.sigmoid() - self.margin).clamp_min(0.0)
            absent = -(-q).log1p()
        else:
            q, absent = outputs.sigmoid(), softplus(outputs)
        if self.gamma_negative:
            absent = absent * q.clamp_min(LEAST).pow(self.gamma_negative)
        return targets * there + (1 - targets) * absent
