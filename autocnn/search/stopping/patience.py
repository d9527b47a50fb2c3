"""The rule that waits for a trial's own progress."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.stopping.regular import Bar, RegularRule
from autocnn.search.stopping.rule import STOPPING, Standing


@STOPPING.register("patience")
class Patience(RegularRule):
    """End a trial whose best score has not grown by more than `least` at the last `rungs` rungs.

    Its rivals are its own earlier scores. With a learning rate that falls to the end of a training
    much of the progress comes late: be patient.
    """

    curves: ClassVar[bool] = True

    rungs: Annotated[Whole, Field(ge=1, le=1000)] = 5
    least: Annotated[float, Field(ge=0)] = 0.0

    def bar(self, standing: Standing, number: int, level: int) -> Bar | None:
        """More than the best score before the last rungs."""
        scores = [score for _, score in standing.curve(number, level)]
        if len(scores) <= self.rungs:
            return None
        before, last = scores[: -self.rungs], scores[-self.rungs :]
        needed = math.nextafter(max(before) + self.least, math.inf)
        return Bar(max(last), needed, len(before))
