"""Negative log-likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import METRICS, Metric

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.training.evaluation import Evaluation


@METRICS.register("loss")
class NegativeLogLikelihood(Metric):
    """The mean negative log-likelihood in nats, without smoothing, whatever the recipe's loss."""

    maximize = False

    def value(self, found: Evaluation, labels: Tensor) -> float:
        return found.loss
