"""The area under the receiver operating characteristic."""

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


@METRICS.register("auroc")
class AUROC(Metric):
    """The mean over classes or labels of the area under the receiver operating characteristic.

    Each class is held against all others; those without images, or with all of them, are left
    out. It is 1/2 where none is left.
    """

    paper = "https://doi.org/10.1016/j.patrec.2005.10.010"
    tasks: ClassVar[tuple[str, ...]] = ("classification", "multilabel")
    library = TORCHMETRICS

    def value(self, found: Evaluation) -> float:
        from torchmetrics.functional.classification import auroc

        predictions, labels, arguments = asked(found)
        counts = images_of_each(found)
        with undefined_allowed():
            values = auroc(predictions, labels, **arguments, average="none")
        return mean_over(values, (counts > 0) & (counts < len(labels)), 0.5)
