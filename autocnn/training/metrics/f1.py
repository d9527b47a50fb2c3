"""F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from autocnn.training.metrics.metric import METRICS, TORCHMETRICS, Metric, decided, mean_over

if TYPE_CHECKING:
    from autocnn.training.evaluation import Evaluation


@METRICS.register("f1_macro")
class F1Macro(Metric):
    """The mean over classes or labels of the harmonic mean of precision and recall.

    Classes that are neither true nor predicted anywhere are left out. Labels are predicted where
    their probability is 1/2 or more.
    """

    tasks: ClassVar[tuple[str, ...]] = ("classification", "multilabel")
    library = TORCHMETRICS
    over: ClassVar[Literal["macro", "weighted"]] = "macro"

    def value(self, found: Evaluation) -> float:
        from torchmetrics.functional.classification import f1_score

        predictions, labels, arguments = decided(found)
        if self.over == "weighted" or found.labels.ndim == 1:
            return float(f1_score(predictions, labels, **arguments, average=self.over))
        each = f1_score(predictions, labels, **arguments, average="none")
        present = (predictions + labels).sum(0) > 0  # torchmetrics would count the others as 0
        return mean_over(each, present.numpy(), 0.0)


@METRICS.register("f1_weighted")
class F1Weighted(F1Macro):
    """The mean of the harmonic mean of precision and recall, classes weighted by their images."""

    over = "weighted"
