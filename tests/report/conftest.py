"""A finished study and its report, written once for all tests that only read them."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_studies import full_study, new_store

from autocnn.report import write_report
from autocnn.store import Store


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = new_store(tmp_path_factory.mktemp("finished"))
    full_study(store)
    return store


@pytest.fixture(scope="session")
def report(finished: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(finished, "fashion", tmp_path_factory.mktemp("report") / "report.html")
