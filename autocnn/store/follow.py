"""The tables of a study kept up to date: only what is new or may have changed is read again."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    cast,
    or_,
    select,
    tuple_,
    type_coerce,
)

from autocnn.errors import Problem, StoreError
from autocnn.store.columns import Instant
from autocnn.store.engine import plain_errors, uncollected
from autocnn.store.frames import (
    COUNTED,
    DECISION_COLUMNS,
    EVENT_COLUMNS,
    PROGRESS_COLUMNS,
    final_frame,
    frame_of,
    progress_frame,
    trial_frame,
)
from autocnn.store.records import StudyRecord
from autocnn.store.store import Store
from autocnn.store.tables import ARCHITECTURE, DECISION, EVENT, FINAL, PROGRESS, TRIAL
from autocnn.store.words import ENDED

if TYPE_CHECKING:
    import pandas as pd

SLICE = 100
"""Trials that one transaction reads at the most."""

CHUNK = 2000
"""Evaluation points that one transaction reads at the most."""

Row = Mapping[str, Any]

LEFT_OUT = ("study", "candidate", "notes", "checkpoint")


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column whose moments are left as the database has them: many are read faster at once."""
    moment = isinstance(column.type, Instant)
    return type_coerce(column, Text).label(column.key) if moment else column


TRIALS = select(
    *(_plain(column) for column in TRIAL.c if column.name not in LEFT_OUT),
    *COUNTED,
).join(ARCHITECTURE, TRIAL.c.architecture == ARCHITECTURE.c.digest, isouter=True)

DECISIONS = select(*map(_plain, DECISION.c))

PLACES = [column.name for column in PROGRESS.c if column.name != "study"]
POINTS = select(
    *(
        cast(PROGRESS.c[name], Text).label(name) if name == "metrics" else _plain(PROGRESS.c[name])
        for name in PLACES
    )
).order_by(PROGRESS.c.trial, PROGRESS.c.images)
"""The metrics are text, for the same reason."""


class StudyGone(StoreError):
    """The store is there, but the study is not in it any more."""


class Follower:
    """The frames of one study, for a reader that looks again and again.

    They have the columns of `store.frames`, but `candidate` is None throughout. `update` reads
    what is new in transactions of a few milliseconds each; a slice of the trials that seem
    unchanged is read again each time, so that nothing stays out of date whatever happened to it.
    `revisions` counts for `study` and each frame how often it has changed.
    """

    def __init__(self, store: Store, study: StudyRecord):
        self.study = study
        self.revisions: Counter[str] = Counter()
        self.complete = False
        self._store = store
        self._trials: dict[int, Row] = {}
        self._decisions: dict[tuple[Any, ...], Row] = {}
        self._finals: list[Row] = []
        self._events: list[Row] = []
        self._reached: dict[int, int] = {}
        self._due: set[int] = set()
        self._points: list[pd.DataFrame] = []
        self._all_trials = self._all_points = False
        self._swept = 0
        self._made: dict[str, pd.DataFrame] = {}

    def update(self, seconds: float, *, points: bool = True) -> None:
        """Read for at most about so many seconds, with or without the evaluation points.

        A small study is read whole in any case. `complete` tells whether all was read. Raises
        StoreError where the study cannot be read, StudyGone where it is gone; what was read
        before stays as it is.
        """
        end = time.monotonic() + seconds
        self._update_study()
        self._append(FINAL, self._finals, "finals")
        self._append(EVENT, self._events, "events")
        self._all_trials = self._update_trials(end)
        self.complete = self._all_trials and (not points or self._update_points(end))

    def trials(self) -> pd.DataFrame:
        """As `frames.trials`."""
        rows = ({**row, "candidate": None} for _, row in sorted(self._trials.items()))
        return self._frame("trials", lambda: trial_frame([*rows]))

    def progress(self) -> pd.DataFrame:
        """As `frames.progress`."""
        return self._frame("progress", self._join_points)

    def decisions(self) -> pd.DataFrame:
        """As `frames.decisions`."""
        order = ("created", "trial", "rung")
        rows = sorted(self._decisions.values(), key=lambda row: [row[name] for name in order])
        return self._frame("decisions", lambda: frame_of(rows, DECISION_COLUMNS))

    def finals(self) -> pd.DataFrame:
        """As `frames.finals`."""
        return self._frame("finals", lambda: final_frame(self._finals))

    def events(self) -> pd.DataFrame:
        """As `frames.events`."""
        return self._frame("events", lambda: frame_of(self._events, EVENT_COLUMNS))

    def candidates(self, numbers: Iterable[int]) -> dict[int, Any]:
        """The candidates of these trials as JSON, by number; None where a trial has none."""
        chosen = TRIAL.c.number.in_([*numbers])
        query = select(TRIAL.c.number, TRIAL.c.candidate).where(self._of(TRIAL), chosen)
        return {row["number"]: row["candidate"] for row in self._read(query)}

    def architectures(self, digests: Iterable[str]) -> dict[str, Row]:
        """The architectures of these digests, with all that `ARCHITECTURE_COLUMNS` names."""
        query = select(ARCHITECTURE).where(ARCHITECTURE.c.digest.in_([*digests]))
        return {row["digest"]: row for row in self._read(query)}

    def _update_study(self) -> None:
        found = self._store.study(self.study.name)
        if found is None or found.id != self.study.id:
            text = f"has no study {self.study.name!r} any more"
            raise StudyGone(Problem("", f"store {self._store.location} {text}"))
        if _lasting(found) != _lasting(self.study):
            self._changed("study")
        self.study = found

    def _append(self, table: Table, rows: list[Row], name: str) -> None:
        """Tables that only grow, numbered from 0."""
        query = select(table).where(self._of(table), table.c.number >= len(rows))
        if new := self._read(query.order_by(table.c.number)):
            rows.extend(new)
            self._changed(name)

    def _update_trials(self, end: float) -> bool:
        if self._all_trials:
            self._sweep()
        while True:
            first = _last(self._trials) + 1
            query = self._trial_query(TRIAL.c.number >= first)
            if len(self._take(query.order_by(TRIAL.c.number).limit(SLICE))) < SLICE:
                return True
            if time.monotonic() > end:
                return False

    def _sweep(self) -> None:
        """Read again those that may change, and the next slice of the others."""
        live = [number for number, row in self._trials.items() if _may_change(row)]
        last = _last(self._trials)
        self._swept = 0 if self._swept > last else self._swept
        rest = range(self._swept, min(self._swept + SLICE, last + 1))
        self._swept += SLICE
        for numbers in _slices({*live, *rest}):
            self._take(self._trial_query(TRIAL.c.number.in_(numbers)))

    def _take(self, query: Select[Any]) -> Sequence[Row]:
        """Read trials, and the decisions about those that are not as they were."""
        rows = self._read(query)
        changed = [row for row in rows if self._trials.get(row["number"]) != row]
        if changed:
            numbers = [row["number"] for row in changed]
            about = DECISIONS.where(self._of(DECISION), DECISION.c.trial.in_(numbers))
            found = {(row["trial"], row["rung"], row["action"]): row for row in self._read(about)}
            # Only now, as a store that is locked raises: what is known is not asked for again.
            self._trials |= {row["number"]: row for row in changed}
            self._due |= {row["number"] for row in changed if row["images"]}
            self._changed("trials")
            if not found.keys() <= self._decisions.keys():
                self._decisions |= found
                self._changed("decisions")
        return rows

    def _update_points(self, end: float) -> bool:
        """At first all points in order, then those of trials that have more than is known."""
        while not self._all_points:
            last = _last(self._reached)
            place = tuple_(PROGRESS.c.trial, PROGRESS.c.images)
            after = place > tuple_(last, self._reached.get(last, -1))
            self._all_points = self._take_points(after) < CHUNK
            if not self._all_points and time.monotonic() > end:
                return False
        due = [n for n in self._due if self._trials[n]["images"] > self._reached.get(n, 0)]
        for numbers in _slices(due):
            more = [
                and_(PROGRESS.c.trial == number, PROGRESS.c.images > self._reached.get(number, -1))
                for number in numbers
            ]
            if self._take_points(or_(*more)) < CHUNK:
                self._due -= {*numbers}
            if time.monotonic() > end:
                break
        self._due &= {*due}
        return not self._due

    def _take_points(self, which: ColumnElement[bool]) -> int:
        names, rows = self._fetch(POINTS.where(self._of(PROGRESS), which).limit(CHUNK))
        if rows:
            columns: dict[str, Any] = dict(zip(names, zip(*rows, strict=True), strict=True))
            columns["metrics"] = json.loads(f"[{','.join(columns['metrics'])}]")
            # Made now, as few points are still in the processor's cache.
            self._points.append(progress_frame(columns))
            self._reached |= zip(columns["trial"], columns["images"], strict=True)
            self._changed("progress")
        return len(rows)

    def _join_points(self) -> pd.DataFrame:
        import pandas as pd

        parts = self._points or [progress_frame(dict.fromkeys(PLACES, ()))]
        joined = pd.concat(parts, ignore_index=True)
        metrics = sorted({*joined.columns} - {*PROGRESS_COLUMNS})
        ordered = joined.sort_values(["trial", "images"], ignore_index=True)
        self._points = [ordered[[*PROGRESS_COLUMNS, *metrics]]]
        return self._points[0]

    def _trial_query(self, which: ColumnElement[bool]) -> Select[Any]:
        return TRIALS.where(self._of(TRIAL), which)

    def _of(self, table: Table) -> ColumnElement[bool]:
        return table.c.study == self.study.id

    def _read(self, query: Select[Any]) -> list[Row]:
        names, rows = self._fetch(query)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _fetch(self, query: Select[Any]) -> tuple[list[str], Sequence[Any]]:
        """The names of the columns and the rows, in a transaction that nothing prolongs."""
        location, engine = self._store.location, self._store.engine
        with plain_errors(location), uncollected(), engine.connect() as connection:
            result = connection.execute(query)
            return [*result.keys()], result.all()

    def _changed(self, name: str) -> None:
        self.revisions[name] += 1
        self._made.pop(name, None)

    def _frame(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


def _may_change(row: Row) -> bool:
    """Whether a trial goes on without a decision about it; the others are swept in turn."""
    return row["state"] not in ENDED and row["reason"] != "not-promoted"


def _lasting(study: StudyRecord) -> tuple[StudyRecord, bool]:
    """A study without how long its holder has been silent, and whether it has one."""
    return replace(study, holder=None), study.holder is None


def _last(known: Mapping[int, Any]) -> int:
    """The highest number, which came last, or -1."""
    return next(reversed(known), -1)


def _slices(numbers: Iterable[int]) -> Iterator[list[int]]:
    """The numbers in order, `SLICE` at a time."""
    ordered = sorted(numbers)
    for first in range(0, len(ordered), SLICE):
        yield ordered[first : first + SLICE]
