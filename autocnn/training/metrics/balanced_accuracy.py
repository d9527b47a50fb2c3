"""Balanced accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import METRICS, Metric

if TYPE_CHECKING:
    from autocnn.training.evaluation import Evaluation


@METRICS.register("balanced_accuracy")
class BalancedAccuracy(Metric):
    """The mean of the shares recognised in each class, over the classes with images."""

    paper = "https://doi.org/10.1109/ICPR.2010.764"

    def value(self, found: Evaluation) -> float:
        images = found.confusion.sum(1)
        there = images > 0
        return float((found.confusion.diagonal()[there] / images[there]).mean())
