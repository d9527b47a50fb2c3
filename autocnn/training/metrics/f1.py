"""F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from autocnn.training.metrics.metric import METRICS, TORCHMETRICS, Metric

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.training.evaluation import Evaluation


@METRICS.register("f1_macro")
class F1Macro(Metric):
    """The mean over classes of the harmonic mean of precision and recall.

    Classes that are neither true nor predicted anywhere are left out.
    """

    library = TORCHMETRICS
    over: ClassVar[Literal["macro", "weighted"]] = "macro"

    def value(self, found: Evaluation, labels: Tensor) -> float:
        import torch
        from torchmetrics.functional.classification import multiclass_f1_score

        classes = found.probabilities.shape[1]
        predicted = torch.from_numpy(found.probabilities).argmax(1)
        return float(multiclass_f1_score(predicted, labels, classes, average=self.over))


@METRICS.register("f1_weighted")
class F1Weighted(F1Macro):
    """The mean of the harmonic mean of precision and recall, classes weighted by their images."""

    over = "weighted"
