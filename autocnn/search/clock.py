"""How much of the budget's time is used, over all runs of a study."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """Seconds of a study: `used` before this run, `started` by `time.monotonic` for this run.

    `limit` is the budget's time, of which those that this one goes on from used `before`. The end
    is a moment of `time.monotonic`, infinity without a limit.
    """

    limit: float | None
    used: float
    started: float
    before: float = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds used over all runs."""
        return self.used + time.monotonic() - self.started

    @property
    def end(self) -> float:
        """When the budget ends."""
        return math.inf if self.limit is None else self.started + self.limit - self.used

    @property
    def own(self) -> float:
        """The seconds of the budget that are this study's own, infinity without a limit."""
        return math.inf if self.limit is None else self.limit - self.before
