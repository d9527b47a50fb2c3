"""Mean average precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from autocnn.training.metrics.metric import (
    METRICS,
    TORCHMETRICS,
    Metric,
    asked,
    images_of_each,
    mean_over,
    undefined_allowed,
)

if TYPE_CHECKING:
    from autocnn.training.evaluation import Evaluation


@METRICS.register("average_precision")
class AveragePrecision(Metric):
    """The mean over what has images of the area under the precision-recall curve (mAP).

    Over classes or labels; it is 0 where no label has images.
    """

    tasks: ClassVar[tuple[str, ...]] = ("classification", "multilabel")
    library = TORCHMETRICS

    def value(self, found: Evaluation) -> float:
        from torchmetrics.functional.classification import average_precision

        predictions, labels, arguments = asked(found)
        with undefined_allowed():
            values = average_precision(predictions, labels, **arguments, average="none")
        return mean_over(values, images_of_each(found) > 0, 0.0)
