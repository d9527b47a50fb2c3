"""How far estimated values are from true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.metrics.metric import METRICS, Metric

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.training.evaluation import Evaluation

TORCHMETRICS = "torchmetrics.functional.regression"


class Distance(Metric):
    """A metric of values; of several values it is the mean, each in its own units."""

    tasks = ("regression",)
    library = TORCHMETRICS
    maximize = False


@METRICS.register("mae")
class MeanAbsoluteError(Distance):
    """The mean absolute error, in the units of the values."""

    def value(self, found: Evaluation) -> float:
        from torchmetrics.functional.regression import mean_absolute_error

        return float(mean_absolute_error(*_compared(found)))


@METRICS.register("rmse")
class RootMeanSquaredError(Distance):
    """The root of the mean squared error, in the units of the values."""

    def value(self, found: Evaluation) -> float:
        from torchmetrics.functional.regression import mean_squared_error

        predictions, labels = _compared(found)
        outputs = labels.shape[1]
        roots = mean_squared_error(predictions, labels, squared=False, num_outputs=outputs)
        return float(roots.mean())


@METRICS.register("r2")
class R2(Distance):
    """The share of the variance that is explained, at most 1; 0 where all values are the same."""

    maximize = True

    def value(self, found: Evaluation) -> float:
        import torch
        from torchmetrics.functional.regression import r2_score

        predictions, labels = _compared(found)
        varied = (labels != labels[0]).any(0)
        values = torch.zeros(labels.shape[1], dtype=torch.float64)
        for place in varied.nonzero()[:, 0].tolist():
            values[place] = r2_score(predictions[:, place], labels[:, place])
        return float(values.mean())


def _compared(found: Evaluation) -> tuple[Tensor, Tensor]:
    """Predictions and labels, float64 `(N, values)`."""
    import torch

    labels = torch.from_numpy(found.labels).contiguous()
    return torch.from_numpy(found.predictions).double(), labels
