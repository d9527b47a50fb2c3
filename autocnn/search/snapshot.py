"""What a running search shows of itself, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RunningJob:
    """One network in training: `epoch` of `epochs` seen, `value` its last validation result."""

    number: int
    worker: int
    epoch: float
    epochs: float
    value: float | None


@dataclass(frozen=True)
class Incumbent:
    """The best trial so far by its validation value."""

    number: int
    value: float
    params: int
    macs: int


@dataclass(frozen=True)
class Snapshot:
    """One moment of a search.

    `phase` is one of loading, search, finals, bundle, report, done; `elapsed` counts the seconds
    used over all runs of the study and `budget_seconds` is their limit, if there is one.
    """

    phase: str
    study: str
    elapsed: float
    budget_seconds: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    running: tuple[RunningJob, ...] = ()
    best: Incumbent | None = None
    message: str = ""
