"""The unit of work that an executor runs, and what comes back from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Purpose = Literal["trial", "final", "refit"]
Key = tuple[str, int, int]


@dataclass(frozen=True)
class Job:
    """Train one candidate from one amount of progress to another.

    `start`, `until`, `horizon` and `evaluate_at` count training images; without a `horizon` the
    schedule follows the time instead. `deadline` is a moment of this machine's `time.monotonic`,
    which all its processes share: however late a worker starts, it ends in time. `spent` counts
    the seconds that earlier jobs of the trial took. `candidate`, `data` and `plan` are JSON
    values. Checkpoints are written to `folder`; `checkpoint` is the one to go on from. The job of
    `size` workers is given to each of them with its `rank` and the `address` where they meet;
    only rank 0 reports points. The `objective` says which point of a training is its best and
    `repeat` which of several trainings of a candidate, with other seeds, this is. A training
    begins with what fits of the weights of the checkpoint `inherit`. `scores` before training are
    wanted of a trial that begins, each as the language writes it.
    """

    purpose: Purpose
    number: int
    candidate: Mapping[str, Any]
    data: Mapping[str, Any]
    plan: Mapping[str, Any]
    seed: int
    until: int
    horizon: int | None
    evaluate_at: tuple[int, ...]
    folder: str
    start: int = 0
    checkpoint: str | None = None
    deadline: float | None = None
    spent: float = 0.0
    rank: int = 0
    size: int = 1
    address: str = ""
    objective: str = "val_accuracy"
    repeat: int = 0
    inherit: str | None = None
    scores: tuple[Mapping[str, Any], ...] = ()

    @property
    def key(self) -> Key:
        """What tells jobs that run at the same time apart, but for their ranks."""
        return self.purpose, self.number, self.repeat

    @property
    def name(self) -> str:
        """The same as a part of the names of files."""
        again = f"-r{self.repeat}" if self.repeat else ""
        return f"{self.purpose}-{self.number}{again}"


def shared(job: Job, size: int) -> list[Job]:
    """The job for each of so many workers."""
    from autocnn.training.process_group import new_address  # slow: imports torch

    whole = replace(job, size=size, address=new_address() if size > 1 else "")
    return [replace(whole, rank=rank) for rank in range(size)]


@dataclass(frozen=True)
class Progressed:
    """An evaluation point was reached and its checkpoint is on the disk.

    It has the weights of the best point so far, which this one is if it `is_best`.
    `inherited` is the share of parameters that a job with `inherit` began with, `scores` are those
    that a job wanted, by name.
    """

    job: Job
    worker: int
    images: int
    epoch: float
    metrics: Mapping[str, float]
    lr: float
    seconds: float
    images_per_second: float
    checkpoint: str
    sha256: str
    reason: str | None = None
    inherited: float | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    is_best: bool = True


@dataclass(frozen=True)
class Finished:
    """The job's generator ended; its last point was reported before."""

    job: Job
    worker: int


@dataclass(frozen=True)
class Failed:
    """The job raised: `reason` is one of out-of-memory, data, worker-lost, bug.

    It is `disk` where the checkpoint could not be written, which no candidate is to blame for.
    """

    job: Job
    worker: int
    reason: str
    detail: str


@dataclass(frozen=True)
class Lost:
    """The worker died with the job; whatever it did not report did not happen."""

    job: Job
    worker: int
    detail: str


Event = Progressed | Finished | Failed | Lost


def derive_seed(seed: int, label: str, number: int = 0) -> int:
    """A seed in `[0, 2**32)` from the study's seed, a label and a number alone."""
    digest = hashlib.sha256(f"{seed}/{label}/{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
