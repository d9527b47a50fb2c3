"""Cohen's kappa."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import METRICS, TORCHMETRICS, Metric

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.training.evaluation import Evaluation


@METRICS.register("kappa")
class Kappa(Metric):
    """Cohen's kappa: accuracy beyond what chance gives, in [-1, 1]; 0 where there is one class."""

    paper = "https://doi.org/10.1177/001316446002000104"
    library = TORCHMETRICS

    def value(self, found: Evaluation, labels: Tensor) -> float:
        import torch
        from torchmetrics.functional.classification import multiclass_cohen_kappa

        classes = found.probabilities.shape[1]
        predicted = torch.from_numpy(found.probabilities).argmax(1)
        kappa = float(multiclass_cohen_kappa(predicted, labels, classes))
        return kappa if math.isfinite(kappa) else 0.0
