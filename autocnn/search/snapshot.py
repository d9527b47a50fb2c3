"""What a running search shows of itself, as one frozen value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autocnn.search.clock import Clock
    from autocnn.search.history import History
    from autocnn.search.job import Job


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
    jobs: Sequence[Job],
    clock: Clock,
    epoch: int,
    sign: int,
) -> Snapshot:
    """The present moment: `epoch` counts training images, `sign` turns scores into values."""
    running = []
    for worker, job in enumerate(jobs):
        trial = history.trials[job.number]
        seen = trial.images if job.purpose == "trial" else 0
        value = sign * trial.scores[seen] if seen in trial.scores else None
        total = (job.horizon or job.until) / epoch
        running.append(RunningJob(job.number, worker, seen / epoch, total, value))
    best = None
    for trial in history.ranked()[:1]:
        assert trial.best is not None
        best = Incumbent(trial.number, sign * trial.best[0], trial.params, trial.macs)
    counts = Counter(trial.state for trial in history.trials)
    return Snapshot(phase, study, clock.elapsed, clock.limit, counts, tuple(running), best)
