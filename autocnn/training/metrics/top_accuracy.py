"""Accuracy within the first few classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from autocnn.training.metrics.metric import METRICS, TORCHMETRICS, Metric

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.training.evaluation import Evaluation


@METRICS.register("top3_accuracy")
class Top3Accuracy(Metric):
    """The share of images whose true class is among the three most probable ones."""

    library = TORCHMETRICS
    first: ClassVar[int] = 3

    def fault(self, classes: int) -> str:
        return f"{self.word} is always 1 with {classes} classes" if classes <= self.first else ""

    def value(self, found: Evaluation, labels: Tensor) -> float:
        import torch
        from torchmetrics.functional.classification import multiclass_accuracy

        classes = found.probabilities.shape[1]
        probabilities = torch.from_numpy(found.probabilities)
        first = min(self.first, classes)
        return float(
            multiclass_accuracy(probabilities, labels, classes, average="micro", top_k=first)
        )


@METRICS.register("top5_accuracy")
class Top5Accuracy(Top3Accuracy):
    """The share of images whose true class is among the five most probable ones."""

    first = 5
