"""Accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import METRICS, Metric

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.training.evaluation import Evaluation


@METRICS.register("accuracy")
class Accuracy(Metric):
    """The share of images whose most probable class is the true one."""

    def value(self, found: Evaluation, labels: Tensor) -> float:
        return found.accuracy
