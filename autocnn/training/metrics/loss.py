"""Negative log-likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from autocnn.training.metrics.metric import METRICS, Metric

if TYPE_CHECKING:
    from autocnn.training.evaluation import Evaluation


@METRICS.register("loss")
class NegativeLogLikelihood(Metric):
    """The mean negative log-likelihood in nats, without smoothing, whatever the recipe's loss.

    For several labels it is the mean over labels, for values the mean square of the distance, in
    standard deviations.
    """

    tasks: ClassVar[tuple[str, ...]] = ()
    maximize = False

    def value(self, found: Evaluation) -> float:
        return found.loss
