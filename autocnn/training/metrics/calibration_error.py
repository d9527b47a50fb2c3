"""Expected calibration error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import METRICS, TORCHMETRICS, Metric, asked

if TYPE_CHECKING:
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

    def value(self, found: Evaluation) -> float:
        from torchmetrics.functional.classification import calibration_error

        predictions, labels, arguments = asked(found)
        return float(calibration_error(predictions, labels, **arguments, n_bins=BINS))
