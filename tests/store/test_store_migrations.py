"""The tables are what the migrations make, and an older store becomes a newer one safely."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable
from store_values import new_study, new_trial

from autocnn.errors import StoreError
from autocnn.store import Store, open_store, schema
from autocnn.store.engine import clock
from autocnn.store.tables import METADATA


def test_migrations_make_the_tables(store: Store):
    with store.engine.connect() as connection:
        options = {"version_table": schema.VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
    assert ScriptDirectory(str(schema.MIGRATIONS)).get_current_head() == schema.HEAD


def test_tables_suit_postgresql():
    dialect = postgresql.dialect()
    for table in METADATA.sorted_tables:
        assert "CREATE TABLE autocnn_" in str(CreateTable(table).compile(dialect=dialect))
    assert str(clock().compile(dialect=dialect)) == "extract(epoch from clock_timestamp())"


SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("autocnn_study", sa.Column("colour", sa.String(8)))
    {then}
"""


def _later_version(folder: Path, monkeypatch: pytest.MonkeyPatch, then: str) -> None:
    migrations = folder / "100%" / "migrations"
    shutil.copytree(schema.MIGRATIONS, migrations)
    (migrations / "versions" / "second.py").write_text(SECOND.format(then=then))
    monkeypatch.setattr(schema, "MIGRATIONS", migrations)
    monkeypatch.setattr(schema, "HEAD", "0002")


def test_older_store_is_copied_and_migrated(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    study = store.create_study(new_study())
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0))
    _later_version(tmp_path, monkeypatch, then="pass")
    with pytest.raises(StoreError, match=r"has tables of version 0001.*\[P15\]"):
        open_store(url, create=False)
    newer = open_store(url)
    with newer.engine.connect() as connection:
        assert connection.scalar(text("SELECT colour FROM autocnn_study")) is None
    assert len(newer.trials(study.id)) == 1
    newer.close()
    monkeypatch.undo()
    if not store.location.file:
        return
    copy = open_store(f"sqlite:///{tmp_path}/autocnn.db.0001.backup", create=False)
    assert copy.study("digits") == study
    copy.close()


def test_failed_migration_leaves_the_store_as_it_was(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    study = store.create_study(new_study())
    _later_version(tmp_path, monkeypatch, then="op.execute('SELECT missing')")
    with pytest.raises(
        StoreError, match=r"no such column: missing|column \"missing\" does not exist"
    ):
        open_store(url)
    monkeypatch.undo()
    again = open_store(url)
    assert again.study("digits") == study
    again.close()


def test_store_is_made_once_by_many(url: str):
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: open_store(url), range(4)))
    stores[0].create_study(new_study())
    assert [len(store.studies()) for store in stores] == [1] * 4
    for store in stores:
        store.close()
