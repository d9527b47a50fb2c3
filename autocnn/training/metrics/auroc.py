"""The area under the receiver operating characteristic."""

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


@METRICS.register("auroc")
class AUROC(Metric):
    """The mean over classes of the area under the receiver operating characteristic.

    Each class is held against all others; those without images, or with all of them, are left
    out. It is 1/2 where none is left.
    """

    paper = "https://doi.org/10.1016/j.patrec.2005.10.010"
    library = TORCHMETRICS

    def value(self, found: Evaluation, labels: Tensor) -> float:
        import torch
        from torchmetrics.functional.classification import multiclass_auroc

        classes = found.probabilities.shape[1]
        counts = torch.bincount(labels, minlength=classes)
        with undefined_allowed():
            values = multiclass_auroc(
                torch.from_numpy(found.probabilities), labels, classes, average="none"
            )
        return mean_over(values, (counts > 0) & (counts < len(labels)), 0.5)
