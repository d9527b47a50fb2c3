"""Accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import METRICS, Share

if TYPE_CHECKING:
    from autocnn.training.evaluation import Evaluation


@METRICS.register("accuracy")
class Accuracy(Share):
    """The share of images whose most probable class is the true one."""

    def value(self, found: Evaluation) -> float:
        return found.accuracy
