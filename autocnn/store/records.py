"""What goes into the store and what comes out: frozen values, one per kind of row.

`*Row` goes both ways; `New*` goes in and comes out as `*Record` with what the store adds. JSON
values are plain dicts and lists; times are timezone-aware UTC; floats that are not finite are
stored as None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from autocnn.html_text import html_facts
from autocnn.store.words import (
    ACTIONS,
    INTERVALS,
    SPLITS,
    STUDY_STATES,
    check_trial,
    check_word,
)

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The living process that holds a study: `since` by the database's clock."""

    host: str
    pid: int
    since: datetime
    silent: float
    """Seconds since its last write."""


@dataclass(frozen=True, kw_only=True)
class NewStudy:
    """A study as a search starts it.

    `space` is the YAML text as given, `identity` its canonical JSON with `digest` as sha256;
    `data` holds classes, counts, shape and notes; `plan` the precision plan of every job.
    """

    name: str
    space: str
    identity: Json
    digest: str
    settings: Json
    data_fingerprint: str
    data: Json
    environment: Json
    plan: Json
    seed: int
    phase: str = "search"
    state: str = "running"

    def __post_init__(self) -> None:
        check_word("study state", self.state, STUDY_STATES)


@dataclass(frozen=True, kw_only=True)
class StudyRecord(NewStudy):
    """A study as the store has it; `holder` is None when no living process holds it."""

    id: str
    seconds: float
    """Seconds that coordinators spent on it, over all runs."""
    created: datetime
    holder: Holder | None

    def _repr_html_(self) -> str:
        """What it is and how far it came, for notebooks."""
        objectives = [name for name, way in (self.settings.get("objectives") or {}).items() if way]
        facts = {
            "state": self.state,
            "phase": self.phase,
            "objective": ", ".join(objectives) or "val_accuracy",
            "data": self.data.get("source", ""),
            "seconds": round(self.seconds, 1),
            "seed": str(self.seed),
            "begun": f"{self.created:%Y-%m-%d %H:%M} UTC",
        }
        return html_facts(facts, f"Study {self.name}")


@dataclass(frozen=True, kw_only=True)
class ArchitectureRow:
    """One architecture, kept once per store; `table` is what a report draws it from.

    `shape` is `(C, H, W)`, `layers` the layers as the language writes them, `receptive_field`
    `(height, width)` in pixels.
    """

    digest: str
    shape: tuple[int, ...]
    layers: list[Any]
    table: list[Any]
    params: int
    macs: int
    activations: int
    depth: int
    receptive_field: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(self.shape))
        object.__setattr__(self, "receptive_field", tuple(self.receptive_field))


@dataclass(frozen=True, kw_only=True)
class NewTrial:
    """A trial before its first job; an infeasible one may have no candidate.

    `values` maps hole names to values or labels; `notes` are the strategy's; `parent` is the
    number of the trial that this one was made from or repeats; `horizon` counts images.
    """

    number: int
    values: Json
    state: str = "waiting"
    reason: str | None = None
    detail: str = ""
    architecture: ArchitectureRow | None = None
    candidate: Json | None = None
    candidate_digest: str | None = None
    notes: Json = field(default_factory=dict)
    parent: int | None = None
    horizon: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        check_trial({"state": self.state, "reason": self.reason})


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A file that a trial goes on from: `path` relative to the store's folder."""

    path: str
    sha256: str
    images: int


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """A trial as the store has it; `architecture` is a digest, `seconds` its training time."""

    number: int
    architecture: str | None
    candidate: Json | None
    candidate_digest: str | None
    values: Json
    notes: Json
    state: str
    reason: str | None
    detail: str
    parent: int | None
    worker: str | None
    device: str | None
    horizon: int | None
    seed: int | None
    images: int
    seconds: float
    created: datetime
    started: datetime | None
    finished: datetime | None
    best_images: int | None
    best_epoch: float | None
    best_value: float | None
    last_value: float | None
    checkpoint: Checkpoint | None

    @property
    def counts(self) -> bool:
        """Whether it has a value of its own: not failed, not answered from an equal trial."""
        return self.best_value is not None and self.state not in ("failed", "duplicate")


@dataclass(frozen=True, kw_only=True)
class ProgressRow:
    """One evaluation point of a trial after `images` training images.

    `metrics` maps names such as `val_accuracy` to values; `seconds` of training and evaluation
    since the trial's start.
    """

    images: int
    epoch: float
    metrics: Mapping[str, float | None]
    lr: float | None
    seconds: float
    images_per_second: float | None


@dataclass(frozen=True, kw_only=True)
class ProgressRecord(ProgressRow):
    """An evaluation point as the store has it; `trial` is the trial's number."""

    trial: int
    created: datetime


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """What a stopping rule decided about a trial at a rung (in images), and against whom.

    `by` names the rule; `rivals` is the number of values it compared with, `threshold` the value
    that had to be reached.
    """

    trial: int
    rung: int
    action: str
    by: str
    threshold: float | None = None
    rivals: int | None = None

    def __post_init__(self) -> None:
        check_word("action", self.action, ACTIONS)


@dataclass(frozen=True, kw_only=True)
class DecisionRecord(DecisionRow):
    """A decision and when it was taken."""

    created: datetime


@dataclass(frozen=True, kw_only=True)
class FinalRow:
    """One number of the finals: a candidate, trained with one seed, measured on one part.

    `low` and `high` bound the 95 % interval of kind `wilson`, `bootstrap` or `t`; `details` holds
    the confusion matrix, or what else was found for each output; `path` of the weights, relative
    to the store's folder.
    """

    trial: int
    seed: int
    split: str
    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    interval: str | None = None
    images: int = 0
    seconds: float = 0.0
    details: Json = field(default_factory=dict)
    path: str | None = None

    def __post_init__(self) -> None:
        check_word("split", self.split, SPLITS)
        check_word("interval", self.interval, INTERVALS)


@dataclass(frozen=True, kw_only=True)
class FinalRecord(FinalRow):
    """A number of the finals and when it was measured."""

    created: datetime


@dataclass(frozen=True, kw_only=True)
class ArtifactRow:
    """A file that belongs to a study: `path` relative to the store's folder, `bytes` its size."""

    kind: str
    path: str
    bytes: int
    sha256: str
    trial: int | None = None


@dataclass(frozen=True, kw_only=True)
class ArtifactRecord(ArtifactRow):
    """A file and when it was recorded."""

    created: datetime


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """Something worth telling: `level` is info, warning or error."""

    level: str
    message: str
    created: datetime
