"""What a metric is, and the known ones."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from autocnn.errors import Problem, SpaceError
from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    from torch import Tensor

    from autocnn.training.evaluation import Evaluation


class Metric(Options, ABC):
    """How well a network does on a part, as a number; with `val_` before it, an objective."""

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
    def value(self, found: Evaluation, labels: Tensor) -> float:
        """The metric of what was measured against labels int64 `(N,)`."""


METRICS: Registry[Metric] = Registry("metric")


def metric_of(objective: str, classes: int) -> Metric:
    """The metric that `val_...` names.

    Raises UnknownWord, or SpaceError where all networks for so many classes are alike by it.
    """
    metric = METRICS[objective.removeprefix("val_")]()
    fault = metric.fault(classes)
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


def mean_over(values: Tensor, defined: Tensor, otherwise: float) -> float:
    """The mean over the classes `(classes,)` for which a metric is defined."""
    return float(values[defined].double().mean()) if bool(defined.any()) else otherwise
