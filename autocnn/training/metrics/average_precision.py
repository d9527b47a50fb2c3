"""Mean average precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import (
    METRICS,
    TORCHMETRICS,
    Metric,
    mean_over,
    undefined_allowed,
)

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.training.evaluation import Evaluation


@METRICS.register("average_precision")
class AveragePrecision(Metric):
    """The mean over the classes with images of the area under the precision-recall curve (mAP)."""

    library = TORCHMETRICS

    def value(self, found: Evaluation, labels: Tensor) -> float:
        import torch
        from torchmetrics.functional.classification import multiclass_average_precision

        classes = found.probabilities.shape[1]
        counts = torch.bincount(labels, minlength=classes)
        with undefined_allowed():
            values = multiclass_average_precision(
                torch.from_numpy(found.probabilities), labels, classes, average="none"
            )
        return mean_over(values, counts > 0, 0.0)
