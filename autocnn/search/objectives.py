"""What is searched for: one validation metric, or several and costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, ValidationInfo, model_validator

from autocnn.data.tasks import TASKS
from autocnn.registry import Options
from autocnn.training.metrics import METRICS

Direction = Literal["maximize", "minimize"]
Lowest = Literal["minimize"] | None

COSTS = ("params", "macs", "memory_mb", "latency_ms")
"""What is known of a candidate before it is trained."""

LATE = ("val_average_precision", "val_rmse", "val_accuracy", "val_loss")
"""Metrics that are measured beside any other, if not all of them in every task."""

LEAST_COST = 1e-3
"""Costs are compared by their logarithm, that of no cost being this one's."""


class Objectives(Options):
    """Validation metrics and costs of the network to search for, each with its direction.

    Without any it is accuracy, for several labels val_average_precision, for values val_rmse. By
    the first metric the weights of a trial's best point are kept, and trials are compared if it
    is the only objective. Of several, trials are compared by what dominates what; beside the first
    metric there can be that of the task, val_loss and costs.
    """

    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, Direction | None]
    """The metrics: all that are registered, a user's own included."""

    params: Lowest = None
    macs: Lowest = None
    memory_mb: Lowest = None
    latency_ms: Lowest = None

    @classmethod
    def further(cls) -> dict[str, Any]:
        """The metrics, each in its direction alone."""
        directions = {True: Literal["maximize"] | None, False: Lowest}
        return {f"val_{word}": directions[METRICS[word].maximize] for word in METRICS}

    @model_validator(mode="before")
    @classmethod
    def _of_the_task(cls, given: Any, info: ValidationInfo) -> Any:
        """Only what is wanted; without an objective, that of the task."""
        if isinstance(given, dict):
            given = {name: word for name, word in given.items() if word is not None}
        task = TASKS.get((info.context or {}).get("task", ""))
        if task is None or task.metric == "accuracy" or not isinstance(given, dict):
            return given
        return given or {f"val_{task.metric}": "maximize" if task.maximize else "minimize"}

    @model_validator(mode="after")
    def _measured(self, info: ValidationInfo) -> Objectives:
        """Metrics fit the task, there is one, and all are measured in one evaluation."""
        word = (info.context or {}).get("task", "")
        given = [name for name in self._given if name not in COSTS]
        for name in given if word else ():
            if misfit := METRICS.misfit(name.removeprefix("val_"), word):
                raise ValueError(misfit)
        if self._given and not given:
            names = " and ".join(self._given)
            text = f"{names} alone are least for a network that learns nothing"
            raise ValueError(f"{text}; add a metric such as val_accuracy: maximize")
        known = ("val_loss", f"val_{TASKS[word].metric}" if word else "val_accuracy")
        others = [name for name in given if name not in known]
        if len(others) > 1:
            raise ValueError(
                f"of {' and '.join(others)} only one is measured beside {' and '.join(known)}"
            )
        return self

    @property
    def _given(self) -> dict[str, Direction]:
        found = self.model_dump()
        ordered = (*self.__pydantic_extra__, *COSTS)
        return {name: found[name] for name in ordered if found[name]}

    @property
    def wanted(self) -> dict[str, Direction]:
        """The objectives with their directions, first the metric that decides on weights."""
        given = self._given or {"val_accuracy": "maximize"}
        metrics = [name for name in given if name not in COSTS]
        first = min(metrics, key=lambda name: LATE.index(name) if name in LATE else -1)
        return {first: given[first], **given}

    def to_json(self) -> dict[str, Any]:
        """Every objective, those that are wanted first and in their order.

        Metrics of a user's own are there if they are wanted.
        """
        shipped = (f"val_{word}" for word in METRICS if not METRICS[word].imported_from)
        names = dict.fromkeys((*self.wanted, *shipped, *COSTS))
        return {name: self._given.get(name) for name in names}

    @property
    def metric(self) -> str:
        """The first metric's name among those of an evaluation point."""
        return next(iter(self.wanted))

    @property
    def direction(self) -> Direction:
        """Which way the first metric improves."""
        return self.wanted[self.metric]

    @property
    def sign(self) -> int:
        """What values of the first metric are multiplied by so that higher is better."""
        return 1 if self.direction == "maximize" else -1

    @property
    def several(self) -> bool:
        """Whether there is more than one."""
        return len(self.wanted) > 1

    def scores(
        self, metrics: Mapping[str, float | None], costs: Mapping[str, float]
    ) -> tuple[float, ...]:
        """Each of several objectives at a point, higher being better, costs by their logarithm.

        Nothing where there is one objective, or where one of several was not measured.
        """
        found = []
        for name, direction in self.wanted.items() if self.several else ():
            if name in COSTS:
                value = math.log(max(costs[name], LEAST_COST))
            else:
                known = metrics.get(name)
                value = math.nan if known is None else known
            found.append(value if direction == "maximize" else -value)
        return tuple(found) if all(map(math.isfinite, found)) else ()
