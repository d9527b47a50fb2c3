"""Stores of whole searches."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_space import space

from autocnn.api import run_search


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/a.db"


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The store of a finished study."""
    url = f"sqlite:///{tmp_path_factory.mktemp('finished')}/a.db"
    run_search(space(), store=url)
    return url
