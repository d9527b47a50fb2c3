"""The median stopping rule."""

from __future__ import annotations

from statistics import fmean, median
from typing import Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.stopping.regular import Bar, RegularRule
from autocnn.search.stopping.rule import STOPPING, Standing


@STOPPING.register("median")
class Median(RegularRule):
    """End a trial whose best score is below the median of its rivals' mean scores so far.

    Rivals are the others that got as far, of which there must be `rivals`; the mean is over their
    rungs up to this one.
    """

    paper: ClassVar[str] = "https://doi.org/10.1145/3097983.3098043"

    rivals: Annotated[Whole, Field(ge=1, le=10_000)] = 5

    def bar(self, standing: Standing, number: int, level: int) -> Bar | None:
        """The median over all others at this rung of the means of their curves."""
        (rung,) = (rung for rung in standing.rungs if rung.level == level)
        others = [other for other in rung.ranked() if other != number]
        if len(others) < self.rivals:
            return None
        means: dict[int, float] = standing.memo.setdefault((self.word, level), {})
        for other in rung.values.keys() - means.keys():
            means[other] = fmean(score for _, score in standing.curve(other, level))
        best = max(score for _, score in standing.curve(number, level))
        return Bar(best, median([means[other] for other in others]), len(others))
