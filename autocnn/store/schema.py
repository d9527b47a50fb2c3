"""The version of the tables: made at first use, migrated when older, refused when newer."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select, text

from autocnn.store.location import Location

HEAD = "0001"
"""The newest revision in `migrations/versions`; an open store that has it needs no Alembic."""
MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "autocnn_version"
LOCK = 0x6175746F636E6E
"""The number by which PostgreSQL knows that somebody makes or migrates the tables."""

ALEMBIC = threading.Lock()
"""Held in a migration: Alembic keeps its connection where all threads of a process find it."""


def ensure_schema(engine: Engine, location: Location, *, create: bool) -> None:
    """Make or migrate the tables where `create` allows it; raises StoreError (P15).

    An older SQLite store is copied to `<file>.<version>.backup` before it is migrated. Two
    processes may do this at once: the second one finds it done.
    """
    with engine.connect() as connection:
        version = _version(connection, location)
    if version == HEAD:
        return
    if not create:
        what = f"has tables of version {version}" if version else "holds no studies yet"
        raise location.error("P15", f"{what}; `autocnn search` brings it up to date")
    if version and location.file:
        _back_up(location.file, version)
    with engine.execution_options(autocnn_begin="immediate").begin() as connection:
        if not location.file:
            connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
        if _version(connection, location) != HEAD:
            _upgrade(connection)


def _version(connection: Connection, location: Location) -> str | None:
    """The revision that the store has, None for a new one."""
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        if location.file and tables:
            raise location.error(
                "P15", f"is another program's database (it has a table {min(tables)!r})"
            )
        return None
    version = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    if version != HEAD and version not in _revisions():
        raise location.error(
            "P15",
            f"was written by a newer autocnn (tables {version}, this one knows {HEAD}); "
            "upgrade autocnn",
        )
    return str(version)


def _revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    with ALEMBIC:
        command.upgrade(config, "head")


def _back_up(file: Path, version: str) -> None:
    copy = file.with_name(f"{file.name}.{version}.backup")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
