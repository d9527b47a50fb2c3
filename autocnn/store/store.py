"""The database of studies: opened, read, and handed to one writer per study."""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from weakref import finalize

from sqlalchemy import Column, Engine, Insert, Row, Table, insert, literal, select
from sqlalchemy.exc import IntegrityError

from autocnn.errors import Problem, StoreError
from autocnn.store.engine import clock, open_engine, plain_errors
from autocnn.store.hold import Hold, holder_of
from autocnn.store.location import Location, check_file, read_location
from autocnn.store.records import (
    ArtifactRecord,
    Checkpoint,
    DecisionRecord,
    EventRecord,
    FinalRecord,
    NewStudy,
    ProgressRecord,
    StudyRecord,
    TrialRecord,
)
from autocnn.store.schema import ensure_schema
from autocnn.store.tables import ARTIFACT, DECISION, EVENT, FINAL, PROGRESS, STUDY, TRIAL

NAME = r"[\w .-]{1,200}"
NAME_BYTES = 240


def check_name(name: str) -> None:
    """Refuse a study name that a file system or a database could trip over (Y38).

    The name is also that of the study's folder, so it needs a letter or digit and at most 240
    bytes of UTF-8.
    """
    if not _fits(name):
        shown = name if len(name) <= 40 else f"{name[:40]}..."
        raise StoreError(
            Problem(
                "Y38",
                "a study's name has 1 to 200 letters, digits, spaces, dots, dashes and "
                f"underscores, but got {shown!r}",
                "study",
            )
        )


def _fits(name: str) -> bool:
    legal = re.fullmatch(NAME, name) and re.search(r"\w", name)
    return bool(legal) and len(name.encode("utf-8", "replace")) <= NAME_BYTES


class Store:
    """An open store; every reading method is one short transaction and may be called while a
    search writes.

    `folder` is where study folders lie: beside the SQLite file, else `studies` in the working
    directory. Raises StoreError wherever the database fails.
    """

    def __init__(self, location: Location, *, read_only: bool = False):
        self.location = location
        self.folder = location.folder
        self.engine = open_engine(location, read_only=read_only)
        finalize(self, self.engine.dispose).atexit = False  # a child's end closes nothing here

    def close(self) -> None:
        """Give up the connections, as is done where nobody has the store any more.

        It can be used again all the same.
        """
        self.engine.dispose()

    def studies(self) -> list[StudyRecord]:
        """All studies, the oldest first."""
        return self._studies(None)

    def study(self, name: str) -> StudyRecord | None:
        """The study of that name, or None."""
        return next(iter(self._studies(name)), None) if _fits(name) else None

    def create_study(self, new: NewStudy, *, after: StudyRecord | None = None) -> StudyRecord:
        """Record a new study; raises StoreError for a bad name (Y38) or a known one (Y37).

        `after` is a study that it goes on from: it begins with the trials of that one, with
        their checkpoints where they lie, and with its seconds.
        """
        check_name(new.name)
        seconds = after.seconds if after else 0.0
        row = asdict(new) | {"id": uuid.uuid4().hex, "seconds": seconds, "created": now()}
        try:
            with plain_errors(self.location), self._writer.begin() as connection:
                connection.execute(insert(STUDY).values(row))
                if after:
                    for table in (TRIAL, PROGRESS, DECISION):
                        connection.execute(_copied(table, after.id, row["id"]))
        except StoreError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise self.location.error("Y37", f"has a study {new.name!r} already") from None
            raise
        (study,) = self._studies(new.name)
        return study

    def hold(self, study_id: str) -> Hold:
        """Become the one writer of a study; raises StoreError when another process is (P09)."""
        return Hold.take(self._writer, self.location, study_id)

    def trials(self, study_id: str) -> list[TrialRecord]:
        """The trials by number."""
        return [_trial(row) for row in self.rows(TRIAL, study_id, TRIAL.c.number)]

    def progress(self, study_id: str) -> list[ProgressRecord]:
        """The evaluation points by trial and images."""
        order = (PROGRESS.c.trial, PROGRESS.c.images)
        return [ProgressRecord(**row) for row in self.rows(PROGRESS, study_id, *order)]

    def decisions(self, study_id: str) -> list[DecisionRecord]:
        """The decisions by time."""
        order = (DECISION.c.created, DECISION.c.trial, DECISION.c.rung)
        return [DecisionRecord(**row) for row in self.rows(DECISION, study_id, *order)]

    def finals(self, study_id: str) -> list[FinalRecord]:
        """The numbers of the finals as they came."""
        return [FinalRecord(**_unnumbered(row)) for row in self.rows(FINAL, study_id)]

    def artifacts(self, study_id: str) -> list[ArtifactRecord]:
        """The files as they came."""
        return [ArtifactRecord(**_unnumbered(row)) for row in self.rows(ARTIFACT, study_id)]

    def events(self, study_id: str) -> list[EventRecord]:
        """The events as they came."""
        return [EventRecord(**_unnumbered(row)) for row in self.rows(EVENT, study_id)]

    def rows(self, table: Table, study_id: str, *order: Column[Any]) -> list[dict[str, Any]]:
        """The rows of one study without the study's id, by `order` or else by number."""
        query = select(table).where(table.c.study == study_id)
        query = query.order_by(*(order or (table.c.number,)))
        with plain_errors(self.location), self.engine.connect() as connection:
            found = connection.execute(query).mappings().all()
        return [{key: value for key, value in row.items() if key != "study"} for row in found]

    @property
    def _writer(self) -> Engine:
        return self.engine.execution_options(autocnn_begin="immediate")

    def _studies(self, name: str | None) -> list[StudyRecord]:
        query = select(STUDY, clock().label("clock")).order_by(STUDY.c.created, STUDY.c.name)
        if name is not None:
            query = query.where(STUDY.c.name == name)
        with plain_errors(self.location), self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return [_study(row) for row in rows]


def open_store(
    url: str | None = None,
    *,
    create: bool = True,
    allow_network: bool = False,
    read_only: bool = False,
) -> Store:
    """Open the store at `url`, else `AUTOCNN_STORE`, else `sqlite:///studies/autocnn.db`.

    With `create` a missing one is made, an older one migrated and the folder probed by a write;
    without, for readers, nothing is written. `allow_network` takes a SQLite file on a network
    file system. With `read_only` the database itself refuses to be written, and a locked one is
    given up on after a second. Raises StoreError for what cannot be a store (Y36, P07, P12, P14,
    P15).
    """
    location, create = read_location(url), create and not read_only
    if location.file:
        check_file(location, location.file, create=create, allow_network=allow_network)
    store = Store(location, read_only=read_only)
    try:
        with plain_errors(location):
            ensure_schema(store.engine, location, create=create)
    except StoreError:
        store.close()
        raise
    return store


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


def _copied(table: Table, source: str, target: str) -> Insert:
    """The statement that copies a study's rows to another study."""
    columns = [literal(target) if column.name == "study" else column for column in table.c]
    rows = select(*columns).where(table.c.study == source)
    return insert(table).from_select(list(table.c.keys()), rows)


def _study(row: Row[Any]) -> StudyRecord:
    values = {
        key: value
        for key, value in row._asdict().items()
        if key != "clock" and not key.startswith("holder_")
    }
    return StudyRecord(**values, holder=holder_of(row._asdict()))


def _trial(row: dict[str, Any]) -> TrialRecord:
    checkpoint = row.pop("checkpoint")
    return TrialRecord(**row, checkpoint=checkpoint and Checkpoint(**checkpoint))


def _unnumbered(row: dict[str, Any]) -> dict[str, Any]:
    del row["number"]
    return row
