"""What `bundle.json` says: classes, preprocessing, metrics and where the bundle comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from autocnn.data.items import LONGEST_NAME
from autocnn.data.preprocessing import Preprocessing
from autocnn.data.tasks import TASKS, Classification, Task
from autocnn.registry import Listed, OneOf, Options, Whole

FORMAT = 2
"""Raised whenever an older autocnn could not read a new bundle."""

INTERVALS: Mapping[str, str] = {
    "wilson": "95 % Wilson interval over the images",
    "t": "95 % t interval over the seeds",
    "bootstrap": "95 % bootstrap interval over the images",
}


class Measure(Options):
    """One measured value: which metric, on which part, with which 95 % interval.

    `images` is the size of the part, `seeds` the number of trainings that the value is a mean of.
    """

    metric: str
    split: Literal["validation", "test"]
    value: float
    low: float | None = None
    high: float | None = None
    interval: Literal["wilson", "t", "bootstrap"] | None = None
    images: Annotated[Whole, Field(ge=0)] = 0
    seeds: Annotated[Whole, Field(ge=1)] = 1


Channels = Annotated[tuple[float, ...], Listed]
ClassName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class BundleDocument(Options):
    """The whole of `bundle.json`.

    `classes` stand in the order of the network's outputs; with another `task` they are labels or
    values, and `scale` has the means and deviations of values, by which outputs become such.
    `mean` and `std` are per channel, in units of [0, 1]. `provenance` is free JSON: study, trial,
    seed, versions, data, commit.
    """

    format: Whole = FORMAT
    autocnn: str
    task: Annotated[Task, OneOf(TASKS)] = Classification()
    classes: Annotated[tuple[ClassName, ...], Listed]
    scale: Annotated[tuple[Channels, Channels], Listed] = ((), ())
    preprocessing: Preprocessing
    mean: Channels
    std: Channels
    metrics: Annotated[tuple[Measure, ...], Listed] = ()
    provenance: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _agree(self) -> BundleDocument:
        channels = self.preprocessing.channels
        least = self.task.least
        if len(self.classes) < least or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"`classes` must be at least {least} different names")
        outputs = len(self.classes) if self.task.scaled else 0
        if {len(numbers) for numbers in self.scale} != {outputs}:
            raise ValueError(f"`scale` must have {outputs} means and deviations")
        if min(self.scale[1], default=1) <= 0:
            raise ValueError("deviations of the `scale` must be above 0")
        if len(self.mean) != channels or len(self.std) != channels:
            raise ValueError(f"`mean` and `std` must have {channels} values, one per channel")
        if min(self.std) <= 0:
            raise ValueError(f"`std` must be above 0, but got {list(self.std)}")
        return self
