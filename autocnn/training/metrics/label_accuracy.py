"""Accuracy where images have several labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import METRICS, TORCHMETRICS, Metric, Share, decided

if TYPE_CHECKING:
    from autocnn.training.evaluation import Evaluation


@METRICS.register("label_accuracy")
class LabelAccuracy(Metric):
    """The share of right answers over images and labels; high where most labels are rare."""

    tasks = ("multilabel",)
    library = TORCHMETRICS

    def value(self, found: Evaluation) -> float:
        from torchmetrics.functional.classification import accuracy

        predictions, labels, arguments = decided(found)
        return float(accuracy(predictions, labels, **arguments, average="micro"))


@METRICS.register("subset_accuracy")
class SubsetAccuracy(Share):
    """The share of images of which every label is right."""

    tasks = ("multilabel",)
    library = TORCHMETRICS

    def value(self, found: Evaluation) -> float:
        from torchmetrics.functional.classification import exact_match

        predictions, labels, arguments = decided(found)
        return float(exact_match(predictions, labels, **arguments))
