"""Expected calibration error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import METRICS, TORCHMETRICS, Metric

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.training.evaluation import Evaluation

BINS = 15


@METRICS.register("calibration_error")
class CalibrationError(Metric):
    """The mean distance between how sure predictions are and how often they are right.

    Over 15 bins of the largest probability, weighted by their images.
    """

    paper = "https://arxiv.org/abs/1706.04599"
    library = TORCHMETRICS
    maximize = False

    def value(self, found: Evaluation, labels: Tensor) -> float:
        import torch
        from torchmetrics.functional.classification import multiclass_calibration_error

        classes = found.probabilities.shape[1]
        probabilities = torch.from_numpy(found.probabilities)
        return float(multiclass_calibration_error(probabilities, labels, classes, n_bins=BINS))
