"""What all tests share: real data, a browser, a database, and what a missing one means."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from postgres_server import PostgresServer, postgres_server, program

from autocnn.training import measure_plan

settings.register_profile("ci", derandomize=True)  # red for what changed, not for luck
if os.environ.get("CI"):
    settings.load_profile("ci")

FASHION = Path("/usr/share/datasets/fashion-mnist")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Measure the machine and compile before there are workers that would all do so."""
    if not hasattr(session.config, "workerinput"):
        measure_plan()


def need(found: bool, reason: str) -> None:
    """Skip a test for want of something that is not installed; in CI that is a failure."""
    if found:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must install it: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def fashion_mnist() -> Path:
    """The folder of the real Fashion-MNIST files."""
    need(FASHION.is_dir(), "Debian package dataset-fashion-mnist is not installed")
    return FASHION


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium browser."""
    path = shutil.which("chromium")
    need(path is not None, "Debian package chromium is not installed")
    return str(path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own."""
    need(program("initdb") is not None, "Debian package postgresql is not installed")
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database."""
    with postgres.database() as url:
        yield url
