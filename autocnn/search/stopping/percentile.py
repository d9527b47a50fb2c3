"""The percentile rule."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.stopping.regular import Bar, RegularRule
from autocnn.search.stopping.rule import STOPPING, Standing


@STOPPING.register("percentile")
class Percentile(RegularRule):
    """End a trial that is not among the best `percentile` percent at its rung.

    Its best score so far is compared with the others' scores at the rung, of which there must be
    `rivals`.
    """

    percentile: Annotated[float, Field(gt=0, lt=100)] = 25.0
    rivals: Annotated[Whole, Field(ge=1, le=10_000)] = 5

    def bar(self, standing: Standing, number: int, level: int) -> Bar | None:
        """The worst score among the best `percentile` percent of the others."""
        (rung,) = (rung for rung in standing.rungs if rung.level == level)
        others = [other for other in rung.ranked() if other != number]
        if len(others) < self.rivals:
            return None
        last = math.ceil(len(others) * self.percentile / 100) - 1
        best = max(score for _, score in standing.curve(number, level))
        return Bar(best, rung.values[others[last]], len(others))
