"""Cohen's kappa."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import METRICS, TORCHMETRICS, Metric, asked

if TYPE_CHECKING:
    from autocnn.training.evaluation import Evaluation


@METRICS.register("kappa")
class Kappa(Metric):
    """Cohen's kappa: accuracy beyond what chance gives, in [-1, 1]; 0 where there is one class."""

    paper = "https://doi.org/10.1177/001316446002000104"
    library = TORCHMETRICS

    def value(self, found: Evaluation) -> float:
        from torchmetrics.functional.classification import cohen_kappa

        predictions, labels, arguments = asked(found)
        kappa = float(cohen_kappa(predictions, labels, **arguments))
        return kappa if math.isfinite(kappa) else 0.0
