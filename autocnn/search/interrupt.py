"""Signals that ask a search to end."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

GRACE = 8.0
"""Seconds that running jobs get to reach their next evaluation point."""

PATIENCE = 10.0
"""Seconds after which a signal ends whatever this process itself is at."""


class Interrupt:
    """While entered, SIGINT and SIGTERM set `signal` instead of raising KeyboardInterrupt.

    A second one raises it, and so does the end of PATIENCE: a job that trains in this process
    cannot be taken from its worker. Outside the main thread it changes nothing, and `signal`
    stays None.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._since = 0.0
        self._before: dict[int, Any] = {}

    def came(self) -> bool:
        """Whether a signal asked for the end."""
        return self.signal is not None

    @property
    def overdue(self) -> bool:
        """Whether the grace after the first signal is over."""
        return self.signal is not None and time.monotonic() - self._since > GRACE

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._before:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal, self._since = number, time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
