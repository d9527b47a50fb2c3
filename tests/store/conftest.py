"""A store, in a temporary folder or database, and a study in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_values import new_study

from autocnn.store import Store, StudyRecord, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a store that is still to be made, in either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/autocnn.db"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def study(store: Store) -> StudyRecord:
    return store.create_study(new_study())
