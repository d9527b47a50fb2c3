"""The one writer of a study: it takes the study, writes, and notices when it lost it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, select, update

from autocnn.errors import Problem, StoreError
from autocnn.store.columns import json_text
from autocnn.store.engine import clock, plain_errors
from autocnn.store.location import Location
from autocnn.store.patience import AWAY_SECONDS, Patience, repeated
from autocnn.store.process import Process, is_alive, this_process
from autocnn.store.records import (
    ArtifactRow,
    Checkpoint,
    DecisionRow,
    FinalRow,
    Holder,
    NewTrial,
    ProgressRow,
)
from autocnn.store.statements import (
    ADD_ARCHITECTURE,
    ALIVE,
    BEGIN,
    CHANGE,
    KNOWN_DECISION,
    KNOWN_POINT,
)
from autocnn.store.tables import (
    ARTIFACT,
    DECISION,
    EVENT,
    FINAL,
    PROGRESS,
    STUDY,
    TRIAL,
)
from autocnn.store.words import ENDED, LEVELS, STUDY_STATES, check_trial, check_word

SILENCE = 60.0
"""Seconds without a write after which a holder on another machine counts as dead."""

RESUMED = "; nothing that was recorded is lost: run the same command again"


class HoldLost(StoreError):
    """Another process took the study over: whoever gets this must stop."""


def holder_of(study: Mapping[str, Any]) -> Holder | None:
    """Who holds a study, from its row and the database's `clock`; None when nobody alive does."""
    if study["holder_token"] is None:
        return None
    process = Process(
        study["holder_host"],
        study["holder_machine"],
        study["holder_pid"],
        study["holder_started"],
    )
    silent = max(0.0, study["clock"] - study["holder_seen"])
    alive = is_alive(process)
    if alive is False or (alive is None and silent > SILENCE):
        return None
    since = datetime.fromtimestamp(study["holder_since"], UTC)
    return Holder(host=process.host, pid=process.pid, since=since, silent=silent)


class Hold:
    """The right to write one study, to be used in a `with` statement.

    Every method is one transaction that first checks that the study is still ours and counts as
    a sign of life; it raises HoldLost when it is not and StoreError when the database fails. A
    server that is away, as one that restarts is, is waited for.
    After a StoreError nothing of the call is kept and the same call may be repeated.
    """

    def __init__(self, engine: Engine, location: Location, study_id: str, token: str):
        self._patience = Patience(engine, 0.0 if location.file else AWAY_SECONDS)
        self._location = location
        self._study = study_id
        self._token = token

    @classmethod
    def take(cls, engine: Engine, location: Location, study_id: str) -> Hold:
        """Take a study that nobody alive holds; raises StoreError naming the holder (P09)."""
        token, process = uuid.uuid4().hex, this_process()
        row = STUDY.c.id == study_id
        with plain_errors(location), engine.begin() as connection:
            study = connection.execute(
                select(STUDY, clock().label("clock")).where(row).with_for_update()
            ).one()
            holder = holder_of(study._asdict())
            if holder:
                raise location.error("P09", _refusal(study.name, holder, process))
            connection.execute(
                update(STUDY)
                .where(row)
                .values(
                    holder_token=token,
                    holder_host=process.host,
                    holder_machine=process.machine,
                    holder_pid=process.pid,
                    holder_started=process.started,
                    holder_since=clock(),
                    holder_seen=clock(),
                )
            )
        return cls(engine, location, study_id, token)

    def __enter__(self) -> Hold:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A hold that is lost or cannot be given back ends by itself when this process does.
        with suppress(StoreError), self._writing() as connection:
            empty = {column.name: None for column in STUDY.c if column.name[:7] == "holder_"}
            connection.execute(update(STUDY).where(STUDY.c.id == self._study).values(empty))

    @repeated
    def heartbeat(self, seconds: float) -> None:
        """Sign of life; adds `seconds` of wall clock to the study's."""
        with self._writing(seconds=STUDY.c.seconds + seconds):
            pass

    @repeated
    def set_study(self, **values: Any) -> None:
        """Change the study's own values, such as `state` or `phase`."""
        check_word("study state", values.get("state"), STUDY_STATES)
        with self._writing(**values):
            pass

    @repeated
    def add_trial(self, *trials: NewTrial) -> None:
        """Record trials together, new architectures, and starts or ends where they have one."""
        made = {new.architecture.digest: new.architecture for new in trials if new.architecture}
        with self._writing() as connection:
            add = ADD_ARCHITECTURE[connection.dialect.name]
            for digest in sorted(made):  # in one order: no two studies wait for each other
                connection.execute(add, vars(made[digest]))
            for new in trials:
                self._add_trial(connection, new)

    @repeated
    def update_trial(
        self, number: int, *, decisions: Sequence[DecisionRow] = (), **values: Any
    ) -> None:
        """Change a trial's values and record the decisions that led to it.

        The first `state` of `running` sets `started`, a final one sets `finished`.
        """
        with self._writing() as connection:
            self._update_trial(connection, number, values)
            self._add_decisions(connection, decisions)

    @repeated
    def add_progress(
        self,
        number: int,
        row: ProgressRow,
        decisions: Sequence[DecisionRow] = (),
        trial: Mapping[str, Any] | None = None,
        dropped: Collection[int] = (),
    ) -> bool:
        """Record an evaluation point with what follows from it; False if it was known already.

        `dropped` are the trials that have no checkpoint from now on.
        A point that is known stays as it is: a job that ran again must have found the same
        metrics, else a warning `nondeterministic` joins the events.
        """
        values = vars(row) | {"study": self._study, "trial": number}
        with self._writing() as connection:
            point = {"of_study": self._study, "of_trial": number, "of_images": row.images}
            known = connection.scalar(KNOWN_POINT, point)
            if known is None:
                values["created"] = datetime.now(UTC)
                connection.execute(insert(PROGRESS), values)
            elif known != json.loads(json_text(dict(row.metrics))):
                text = f"nondeterministic: trial {number} at {row.images} images gave "
                self._add_event(connection, "warning", f"{text}{known}, then {row.metrics}")
            self._update_trial(connection, number, trial or {})
            self._add_decisions(connection, decisions)
            if dropped:
                rows = (TRIAL.c.study == self._study) & TRIAL.c.number.in_(dropped)
                connection.execute(update(TRIAL).where(rows).values(checkpoint=None))
        return known is None

    @repeated
    def add_final(self, *rows: FinalRow, **study: Any) -> None:
        """Record numbers of the finals, and with them fields of the study."""
        with self._writing(**study) as connection:
            for row in rows:
                self._append(connection, FINAL, vars(row))

    @repeated
    def add_artifact(self, row: ArtifactRow) -> None:
        """Record a file that belongs to the study."""
        with self._writing() as connection:
            self._append(connection, ARTIFACT, vars(row))

    @repeated
    def add_event(self, level: str, message: str) -> None:
        """Record something worth telling at level info, warning or error."""
        with self._writing() as connection:
            self._add_event(connection, level, message)

    @contextmanager
    def _writing(self, **study: Any) -> Iterator[Connection]:
        """A transaction that has the write lock and knows that the study is ours."""
        alive = ALIVE.values(study) if study else ALIVE
        ours = {"of_study": self._study, "of_token": self._token}
        with (
            plain_errors(self._location, RESUMED),
            self._patience.connect() as connection,
            connection.begin(),
        ):
            if connection.execute(alive, ours).rowcount != 1:
                text = "another process has taken this study over; nothing was written"
                raise HoldLost(Problem("P17", text, f"store {self._location}"))
            if waited := self._patience.waited:
                self._add_event(connection, "warning", f"the database was away for {waited:.0f} s")
            yield connection

    def _add_trial(self, connection: Connection, new: NewTrial) -> None:
        moment = datetime.now(UTC)
        row = vars(new) | {"study": self._study, "images": 0, "seconds": 0.0, "created": moment}
        if new.state == "running":
            row["started"] = moment
        if new.state in ENDED:
            row["finished"] = moment
        row["architecture"] = new.architecture and new.architecture.digest
        connection.execute(insert(TRIAL), row)

    def _update_trial(
        self, connection: Connection, number: int, values: Mapping[str, Any]
    ) -> None:
        if not values:
            return
        check_trial(values)
        changed = {**values, "of_study": self._study, "of_trial": number}
        if isinstance(changed.get("checkpoint"), Checkpoint):
            changed["checkpoint"] = asdict(changed["checkpoint"])
        moment, begins = datetime.now(UTC), values.get("state") == "running"
        if begins:
            changed["moment"] = moment
        if changed.get("state") in ENDED:
            changed.setdefault("finished", moment)
        if connection.execute(BEGIN if begins else CHANGE, changed).rowcount != 1:
            raise KeyError(f"no trial {number}")

    def _add_decisions(self, connection: Connection, decisions: Sequence[DecisionRow]) -> None:
        moment = datetime.now(UTC)
        for decision in decisions:
            row = vars(decision) | {"study": self._study, "created": moment}
            key = {f"of_{name}": row[name] for name in ("study", "trial", "rung", "action")}
            if connection.scalar(KNOWN_DECISION, key) is None:
                connection.execute(insert(DECISION), row)

    def _add_event(self, connection: Connection, level: str, message: str) -> None:
        check_word("level", level, LEVELS)
        self._append(connection, EVENT, {"level": level, "message": message})

    def _append(self, connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
        last = func.max(table.c.number)
        number = select(func.coalesce(last, -1) + 1).where(table.c.study == self._study)
        values = dict(row) | {
            "study": self._study,
            "number": number.scalar_subquery(),
            "created": datetime.now(UTC),
        }
        connection.execute(insert(table).values(values))


def _refusal(name: str, holder: Holder, process: Process) -> str:
    where = "" if holder.host == process.host else f" on {holder.host}"
    text = (
        f"study {name!r} is held by process {holder.pid}{where} "
        f"since {holder.since:%Y-%m-%d %H:%M:%S} UTC"
    )
    if where:
        text += f" (silent for {holder.silent:.0f} s, taken for dead after {SILENCE:.0f} s)"
    return text
