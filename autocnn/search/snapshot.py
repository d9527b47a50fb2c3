"""What a running search shows of itself, as one frozen value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autocnn.search.clock import Clock
    from autocnn.search.history import History
    from autocnn.search.job import Job, Progressed


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


def take_snapshot(
    phase: str,
    study: str,
    history: History,
    jobs: Sequence[tuple[Job, Progressed | None]],
    clock: Clock,
    epoch: int,
    metric: str,
    sign: int,
) -> Snapshot:
    """The present moment: `jobs` that run with their last points; `epoch` in training images.

    `sign` turns scores into values of the metric.
    """
    running = []
    for slot, (job, point) in enumerate(jobs):
        seen = job.start if point is None else max(job.start, point.images)
        running.append(
            RunningJob(
                number=job.number,
                worker=slot if point is None else point.worker,
                epoch=seen / epoch,
                epochs=(job.horizon or job.until) / epoch,
                value=None if point is None else point.metrics.get(metric),
            )
        )
    best = None
    for trial in history.leaders(1):
        assert trial.best is not None
        score = trial.best[0]
        best = Incumbent(trial.number, sign * score, trial.params, trial.macs)
    counts = Counter(trial.state for trial in history.trials)
    return Snapshot(phase, study, clock.elapsed, clock.limit, counts, tuple(running), best)
