"""Signals that ask a search to end."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

GRACE = 10.0
"""Seconds that running jobs get to reach their next evaluation point."""


class Interrupt:
    """While entered, SIGINT and SIGTERM set `signal` instead of raising; a second one raises.

    Outside the main thread it changes nothing, and `signal` stays None.
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
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal, self._since = number, time.monotonic()
