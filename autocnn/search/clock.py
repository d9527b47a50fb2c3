"""How much of the budget's time is used, over all runs of a study."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """Seconds of a study: `used` before this run, `started` by `time.monotonic` for this run.

    `limit` is the budget's time; `kept` the seconds of it that come after the search: finals,
    bundle and report.
    """

    limit: float | None
    used: float
    started: float
    kept: float = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds used over all runs."""
        return self.used + time.monotonic() - self.started

    @property
    def remaining(self) -> float | None:
        """Seconds to the end of the budget, at least 0; None without a limit."""
        return None if self.limit is None else max(0.0, self.limit - self.elapsed)

    @property
    def search_remaining(self) -> float | None:
        """Seconds to the end of the search phase, at least 0; None without a limit."""
        return None if self.limit is None else max(0.0, self.limit - self.kept - self.elapsed)
