"""What a metric is, and the known ones."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from autocnn.data.tasks.multilabel import THRESHOLD
from autocnn.errors import Problem, SpaceError
from autocnn.interval import wilson
from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from autocnn.training.evaluation import Evaluation

RESAMPLES = 200
LEAST_RESAMPLES = 50
DRAWN = 2_000_000
"""Predictions that are drawn again for an interval, at the most."""


class Interval(NamedTuple):
    """A 95 % interval of the kind `wilson` or `bootstrap`."""

    low: float
    high: float
    kind: str


class Metric(Options, ABC):
    """How well a network does on a part, as a number; with `val_` before it, an objective.

    `tasks` says what labels it is for.
    """

    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    maximize: ClassVar[bool] = True
    """Whether more of it is better."""

    library: ClassVar[str] = ""
    """A module that takes seconds to import."""

    def prepare(self) -> None:
        """Import what is slow to import, before time counts."""
        if self.library:
            import_module(self.library)

    def fault(self, classes: int) -> str:
        """Why it cannot tell networks for so many classes apart, or nothing."""
        return ""

    @abstractmethod
    def value(self, found: Evaluation) -> float:
        """The metric of what was measured on a part: a number, or a tensor that holds one."""

    def interval(self, found: Evaluation) -> Interval:
        """Where the metric lies on other images of this kind: by drawing from these again.

        From the 2.5 to the 97.5 % point over 200 resamples of the images, fewer where there are
        many predictions (Efron, Annals of Statistics 7, 1979), always the same ones.
        """
        import numpy as np

        images = len(found.labels)
        generator = np.random.default_rng(0)
        count = max(LEAST_RESAMPLES, min(RESAMPLES, DRAWN // found.predictions.size))
        values = [
            self.value(found.take(generator.integers(0, images, images))) for _ in range(count)
        ]
        low, high = np.quantile(values, [0.025, 0.975])
        return Interval(float(low), float(high), "bootstrap")


class Share(Metric):
    """A metric that is a share of the images."""

    def interval(self, found: Evaluation) -> Interval:
        """The 95 % Wilson interval of the share."""
        images = len(found.labels)
        return Interval(*wilson(round(self.value(found) * images), images), "wilson")


METRICS: Registry[Metric] = Registry("metric")


def named(objective: str) -> Metric:
    """The metric of this name, with `val_` before it or without; raises UnknownWord."""
    return METRICS[objective.removeprefix("val_")]()


def metric_of(objective: str, classes: int, task: str = "classification") -> Metric:
    """The metric that `val_...` names.

    Raises UnknownWord, or SpaceError where it is not for this task or all networks for so many
    classes are alike by it.
    """
    metric = named(objective)
    fault = METRICS.misfit(metric.word, task) or metric.fault(classes)
    if fault:
        raise SpaceError(Problem("Y34", fault, f"objectives.{objective}"))
    return metric


TORCHMETRICS = "torchmetrics.functional.classification"


@contextmanager
def undefined_allowed() -> Iterator[None]:
    """Let torchmetrics not warn of classes without a value, which we leave out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def asked(found: Evaluation) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """Predictions, labels and the arguments by which torchmetrics knows the task."""
    import numpy as np
    import torch

    task, count = ("multiclass", "classes") if found.labels.ndim == 1 else ("multilabel", "labels")
    outputs = found.predictions.shape[1]
    times = 2 if task == "multilabel" and outputs == 1 else 1  # torchmetrics refuses one label
    arguments = {"task": task, f"num_{count}": times * outputs}
    if times == 1:
        return torch.from_numpy(found.predictions), torch.from_numpy(found.labels), arguments
    both = (np.repeat(values, 2, axis=1) for values in (found.predictions, found.labels))
    predictions, labels = map(torch.from_numpy, both)
    return predictions, labels, arguments


def decided(found: Evaluation) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """The same with the labels that are predicted, those as probable as not among them."""
    predictions, labels, arguments = asked(found)
    if found.labels.ndim == 2:
        predictions = (predictions >= THRESHOLD).int()  # torchmetrics would leave those out
    return predictions, labels, arguments


def images_of_each(found: Evaluation) -> NDArray[np.int64]:
    """How many images each class or label has, `(outputs,)`."""
    return found.task.counts(found.labels, found.predictions.shape[1])


def mean_over(values: Tensor | None, defined: NDArray[np.bool_], otherwise: float) -> float:
    """The mean over the classes `(classes,)` for which a metric is defined."""
    if values is None or not defined.any():
        return otherwise
    return float(values.double().numpy()[: len(defined)][defined].mean())
