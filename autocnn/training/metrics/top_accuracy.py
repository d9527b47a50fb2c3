"""Accuracy within the first few classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from autocnn.training.metrics.metric import METRICS, TORCHMETRICS, Share, asked

if TYPE_CHECKING:
    from autocnn.training.evaluation import Evaluation


@METRICS.register("top3_accuracy")
class Top3Accuracy(Share):
    """The share of images whose true class is among the three most probable ones."""

    library = TORCHMETRICS
    first: ClassVar[int] = 3

    def fault(self, classes: int) -> str:
        return f"{self.word} is always 1 with {classes} classes" if classes <= self.first else ""

    def value(self, found: Evaluation) -> float:
        from torchmetrics.functional.classification import accuracy

        predictions, labels, arguments = asked(found)
        first = min(self.first, predictions.shape[1])
        return float(accuracy(predictions, labels, **arguments, average="micro", top_k=first))


@METRICS.register("top5_accuracy")
class Top5Accuracy(Top3Accuracy):
    """The share of images whose true class is among the five most probable ones."""

    first = 5
