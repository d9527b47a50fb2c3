"""Connections to the store and what its failures are called."""

from __future__ import annotations

import gc
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Float, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from autocnn.store.columns import json_text
from autocnn.store.location import Location

BUSY_SECONDS = 30
READ_SECONDS = 1
CONNECTING = {
    "application_name": "autocnn",
    "connect_timeout": f"{BUSY_SECONDS}",
    "keepalives_idle": f"{BUSY_SECONDS}",
    "tcp_user_timeout": f"{BUSY_SECONDS}000",
}
"""How PostgreSQL is connected to, unless the URL says else: a network that is gone is noticed."""
WAL_SAFE = (3, 51, 3)
"""Before this version SQLite could corrupt a file in WAL mode with two writing connections."""


class clock(FunctionElement[float]):  # noqa: N801
    """Seconds since 1970 by the database's clock."""

    type = Float(53)
    inherit_cache = True


@compiles(clock, "sqlite")
def _sqlite_clock(*_: Any, **__: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(clock, "postgresql")
def _postgresql_clock(*_: Any, **__: Any) -> str:
    return "extract(epoch from clock_timestamp())"


def open_engine(location: Location, *, read_only: bool = False) -> Engine:
    """An engine whose connections are set up for safety; nothing is connected yet.

    On SQLite a transaction of an engine with the option `autocnn_begin="immediate"` takes the
    write lock at its start, so that it never fails half way; others only read. A process that
    was forked gets connections of its own. One that is `read_only` refuses to write, gives up on a
    locked file after a second, and opens the file anew for each read, so that it notices when
    another one lies there.
    """
    try:
        if location.file is None:
            engine = create_engine(
                location.url.set(query={**CONNECTING, **location.url.query}),
                json_serializer=json_text,
                pool_size=2,
                pool_pre_ping=True,
                # Not False, which asks a hot standby to write.
                execution_options={"postgresql_readonly": True} if read_only else {},
            )
            event.listen(engine, "connect", _set_up_postgresql)
        elif read_only:
            there = {"mode": "rw", "uri": "true"}
            engine = create_engine(
                location.url.set(database=location.file.as_uri(), query=there),
                poolclass=NullPool,
                connect_args={"timeout": READ_SECONDS, "isolation_level": None},
            )
            event.listen(engine, "connect", _read_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine = create_engine(
                location.url,
                json_serializer=json_text,
                connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
            )
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
    except ImportError as error:
        raise location.error("Y36", "needs `pip install 'autocnn[postgresql]'`") from error
    event.listen(engine, "connect", _note_process)
    event.listen(engine, "checkout", _refuse_after_fork)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    wal = sqlite3.sqlite_version_info >= WAL_SAFE
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != ("wal" if wal else "delete"):
        connection.execute(f"PRAGMA journal_mode={'WAL' if wal else 'DELETE'}")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _read_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # `mode=ro` could not read the store of a search that was killed while it wrote: whoever reads
    # next has to roll that back.
    connection.execute("PRAGMA query_only=ON")


def _set_up_postgresql(connection: Any, _record: Any) -> None:
    connection.execute(
        f"SELECT set_config('lock_timeout', '{BUSY_SECONDS}s', false)"
        " WHERE current_setting('lock_timeout') = '0'"
    )
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("autocnn_begin", "deferred")
    connection.exec_driver_sql(f"BEGIN {mode.upper()}")


def _note_process(_connection: Any, record: Any) -> None:
    record.info["pid"] = os.getpid()


def _refuse_after_fork(_connection: Any, record: Any, proxy: Any) -> None:
    if record.info["pid"] != os.getpid():
        record.dbapi_connection = proxy.dbapi_connection = None
        raise DisconnectionError("made by another process")


@contextmanager
def plain_errors(location: Location, hint: str = "") -> Iterator[None]:
    """Turn the database's failures into a StoreError without SQL, values or password.

    Nothing of a failed transaction is kept, so the call may be repeated. The `hint` follows where
    the database failed for a reason that has no hint of its own.
    """
    try:
        yield
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        text = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        for secret in location.secrets:
            text = text.replace(secret, "***")
        if not isinstance(error, OperationalError):
            hint = ""
        raise location.error(_rule(text), f"{text}{_advice(text) or hint}") from error


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: a full one takes longer than a short transaction."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _rule(text: str) -> str:
    rules = {
        "is full": "P06",
        "No space left": "P06",
        "readonly": "P07",
        "read-only": "P07",
        "unable to open": "P07",
        "locked": "P12",
        "lock timeout": "P12",
        "malformed": "P15",
        "not a database": "P15",
    }
    return next((rule for words, rule in rules.items() if words in text), "P13")


def _advice(text: str) -> str:
    if "is full" in text or "No space left" in text:
        return "; nothing is lost: free some space and run the same command again"
    if "malformed" in text:
        return "; restore a copy, or search into another store"
    return ""
