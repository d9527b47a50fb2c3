"""The parts of a space that say how to search: `search`, `budget`, `constraints`, `objectives`."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from autocnn.data.tasks import TASKS
from autocnn.registry import Listed, OneOf, Options, Whole
from autocnn.search.stopping import STOPPING, StoppingRule
from autocnn.search.strategies import STRATEGIES, Strategy
from autocnn.training.metrics import METRICS

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: object) -> object:
    """Read `90`, `90s`, `30m`, `2h`, `1h30m` as seconds; anything else is returned as it is."""
    if isinstance(value, str):
        parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd])", value.strip())
        if parts and re.fullmatch(r"(\s*\d+(\.\d+)?\s*[smhd])+\s*", value):
            return sum(float(number) * _UNITS[unit] for number, unit in parts)
        raise ValueError(f"expected a time such as 90s, 30m or 2h, got {value!r}")
    return value


Seconds = Annotated[float, BeforeValidator(parse_duration), Field(gt=0)]


class FinalsOptions(Options):
    """How the last phase is run.

    `share` of a time budget is kept for it, `candidates` of the best trials are retrained by
    all workers (`auto`: as many as the time allows in full), and with `refit` the winner
    is trained once more on train and validation together if time allows. `seeds` trainings of the
    best tell how much luck there is in one (`auto`: up to three if a time budget leaves room).
    With `ensemble` those of all these networks whose mean prediction is best on validation become
    a bundle of their own. In a cross-validation there is only the refit, on all folds for the
    whole horizon; the share is divided by their number.
    """

    share: Annotated[float, Field(gt=0, lt=1)] = 0.6
    candidates: Annotated[Whole, Field(ge=1, le=64)] | Literal["auto"] = "auto"
    refit: bool = True
    seeds: Annotated[Whole, Field(ge=1, le=32)] | Literal["auto"] = "auto"
    ensemble: bool = True


Values = dict[str, bool | int | float | str]


class StartOptions(Options):
    """What is tried before the strategy proposes.

    `candidates` are values of holes by name, of which the strategy fills those that are left out,
    or paths to bundles and candidates whose networks lie in the space. With `earlier` the best of
    earlier studies of the same store follow whose data are alike, with `portfolio` candidates for
    small images that come with autocnn; both only where their holes are those of the space.
    """

    candidates: Annotated[tuple[Values | str, ...], Listed] = ()
    earlier: bool = True
    portfolio: bool = True


class SearchOptions(Options):
    """Which strategy proposes, which rule stops, from which seed, on how many workers.

    With `inherit` a trial that was made from another one begins with those of its weights whose
    names and shapes it has; the finals always train from scratch. With `controls` two more
    studies of as many seconds follow: random search, and the first candidate without a search.
    """

    strategy: Annotated[Strategy, OneOf(STRATEGIES)] = STRATEGIES["default"]()
    stopping: Annotated[StoppingRule, OneOf(STOPPING)] = STOPPING["default"]()
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] = 0
    workers: Annotated[Whole, Field(ge=1, le=1024)] | Literal["auto"] = "auto"
    executor: Literal["processes", "inline"] = "processes"
    inherit: bool = False
    controls: bool = False
    start: StartOptions | Literal["none"] = StartOptions()
    finals: FinalsOptions = FinalsOptions()


class Budget(Options):
    """Limits of a study, totals over all its runs; the first one reached ends the search.

    `trials` counts those that began training; `epochs` and `images` add up over trials.
    """

    time: Seconds | None = None
    trials: Annotated[Whole, Field(ge=1)] | None = None
    epochs: Annotated[float, Field(gt=0)] | None = None
    images: Annotated[Whole, Field(ge=1)] | None = None

    def images_of(self, epoch: int) -> float:
        """The limit in training images, `epoch` of which are an epoch: whole, or infinity."""
        epochs = math.inf if self.epochs is None else max(1, round(self.epochs * epoch))
        return min(epochs, math.inf if self.images is None else self.images)


class Limits(Options):
    """A range that a cost must keep, both ends inclusive."""

    min: Annotated[Whole, Field(ge=0)] | None = None
    max: Annotated[Whole, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Limits:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"`min <= max` must hold, but got (min={self.min}, max={self.max})")
        return self

    def broken_by(self, value: int) -> str:
        """Say which limit a value breaks, such as `over 1,000,000`, or nothing."""
        if self.min is not None and value < self.min:
            return f"under {self.min:,}"
        if self.max is not None and value > self.max:
            return f"over {self.max:,}"
        return ""


class Constraints(Options):
    """What every candidate must keep, checked before any training."""

    params: Limits = Limits()
    macs: Limits = Limits()


Highest = Literal["maximize"] | None
Lowest = Literal["minimize"] | None


class Objectives(Options):
    """The validation metric that is searched for, with its direction.

    Without any it is accuracy, for several labels val_average_precision, for values val_rmse. By
    it trials are compared, and the weights of a trial's best point are kept.
    """

    val_accuracy: Highest = None
    val_loss: Lowest = None
    val_balanced_accuracy: Highest = None
    val_top3_accuracy: Highest = None
    val_top5_accuracy: Highest = None
    val_f1_macro: Highest = None
    val_f1_weighted: Highest = None
    val_kappa: Highest = None
    val_auroc: Highest = None
    val_average_precision: Highest = None
    val_calibration_error: Lowest = None
    val_label_accuracy: Highest = None
    val_subset_accuracy: Highest = None
    val_mae: Lowest = None
    val_rmse: Lowest = None
    val_r2: Highest = None

    @model_validator(mode="before")
    @classmethod
    def _of_the_task(cls, given: Any, info: ValidationInfo) -> Any:
        """Without an objective, that of the task."""
        task = TASKS.get((info.context or {}).get("task", ""))
        if task is None or task.metric == "accuracy" or not isinstance(given, dict):
            return given
        if any(given.values()):
            return given
        return {**given, f"val_{task.metric}": "maximize" if task.maximize else "minimize"}

    @model_validator(mode="after")
    def _fits_the_task(self, info: ValidationInfo) -> Objectives:
        task = (info.context or {}).get("task", "")
        misfit = METRICS.misfit(self.metric.removeprefix("val_"), task) if task else ""
        if misfit:
            raise ValueError(misfit)
        return self

    @model_validator(mode="after")
    def _one(self) -> Objectives:
        if len(self._given) > 1:
            names = " and ".join(self._given)
            raise ValueError(f"one objective is supported, but got {names}")
        return self

    @property
    def _given(self) -> dict[str, Literal["maximize", "minimize"]]:
        return {name: word for name, word in self.to_json().items() if word}

    @property
    def metric(self) -> str:
        """The metric's name among those of an evaluation point."""
        return next(iter(self._given), "val_accuracy")

    @property
    def direction(self) -> Literal["maximize", "minimize"]:
        """Which way the metric improves."""
        return self._given.get(self.metric, "maximize")
