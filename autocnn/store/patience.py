"""Waiting for a database server that is away, as one that restarts is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from autocnn.errors import StoreError

AWAY_SECONDS = 600.0
RETRY_SECONDS = 1.0

P = ParamSpec("P")
R = TypeVar("R")


def repeated(write: Callable[P, R]) -> Callable[P, R]:
    """Begin a transaction anew that the server broke off before it was to be committed.

    One that is broken off each time is given up as late as a server that is away.
    """

    @wraps(write)
    def again(*args: P.args, **options: P.kwargs) -> R:
        end: float | None = None
        while True:
            try:
                return write(*args, **options)
            except StoreError as error:
                cause = error.__cause__
                # What fails while it is committed has no statement, and may be there.
                if not (isinstance(cause, DBAPIError) and cause.statement):
                    raise
                if not cause.connection_invalidated:
                    raise
                end = time.monotonic() + AWAY_SECONDS if end is None else end
                if time.monotonic() > end:
                    raise
            time.sleep(RETRY_SECONDS)

    return again


class Patience:
    """Connects like the engine, but waits up to so many `seconds` for a server that is away.

    Whoever is interrupted while it waits, or has waited in vain, waits no more.
    """

    def __init__(self, engine: Engine, seconds: float):
        self._engine, self._seconds = engine, seconds
        self.waited = 0.0
        """Seconds that the last connection was waited for."""

    def connect(self) -> Connection:
        """A connection; raises OperationalError where there is none in time."""
        begun, seconds, self.waited = time.monotonic(), self._seconds, 0.0
        try:
            return self._engine.connect()
        except OperationalError:
            if not seconds:
                raise
        text = "the database cannot be reached; waiting up to %.0f min for it"
        logging.getLogger(__name__).warning(text, seconds / 60)
        self._seconds = 0.0
        while True:
            time.sleep(RETRY_SECONDS)
            try:
                connection = self._engine.connect()
            except OperationalError:
                if time.monotonic() - begun > seconds:
                    raise
            else:
                self._seconds, self.waited = seconds, time.monotonic() - begun
                return connection
