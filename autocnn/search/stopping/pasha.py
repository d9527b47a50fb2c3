"""Progressive asynchronous successive halving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from autocnn.search.stopping.asha import Asha
from autocnn.search.stopping.rule import STOPPING, Decision, Rung, Standing


def alike(top: Mapping[int, float], below: Mapping[int, float], noise: float) -> bool:
    """Whether the trials of `top` are in the same order in `below`, but for scores within noise.

    At each place, the trial that is there in `top` must have in `below` a score within `noise` of
    that of the one which is there.
    """
    upper = sorted(top, key=lambda number: (-top[number], number))
    lower = sorted(top, key=lambda number: (-below[number], number))
    pairs = zip(upper, lower, strict=True)
    return all(abs(below[one] - below[other]) <= noise for one, other in pairs)


def noise(curves: Sequence[Sequence[float]], share: float) -> float:
    """How far apart the last scores are of those whose curves cross twice or more often.

    It is the quantile `share` in [0, 1] over such pairs, 0 without any. All curves are as long.
    """
    found = []
    for one, other in combinations(curves, 2):
        signs = [a > b for a, b in zip(one, other, strict=True) if a != b]
        if sum(a != b for a, b in pairwise(signs)) >= 2:
            found.append(abs(one[-1] - other[-1]))
    return float(np.quantile(found, share)) if found else 0.0


@STOPPING.register("pasha")
class Pasha(Asha):
    """As `asha`, with no rung above the two highest as long as these rank trials alike.

    Scores that differ by less than the noise count as equal. The noise is the quantile `share` of
    the differences between trials that overtook each other more than once.
    """

    paper: ClassVar[str] = "arXiv 2207.06940"

    share: Annotated[float, Field(ge=0, le=1)] = 0.9

    def decide(self, standing: Standing) -> Decision | None:
        """As `asha`, but not from the highest rung while it ranks as the one below."""
        return super().decide(replace(standing, rungs=self._open(standing)))

    def _open(self, standing: Standing) -> Sequence[Rung]:
        """The rungs that one may climb from."""
        rungs = standing.rungs
        if len(rungs) < 2:
            return rungs
        top, differ = standing.memo.get(self.word, (None, False))
        if top is not rungs[-1]:  # of those that came there, the scores below do not change
            differ = self._differ(rungs)
            standing.memo[self.word] = rungs[-1], differ
        return rungs if differ else rungs[:-1]

    def _differ(self, rungs: Sequence[Rung]) -> bool:
        """Whether the highest rung ranks its trials unlike the one they came from."""
        top = rungs[-1]
        numbers = top.ranked()
        lower = [rung for rung in rungs[:-1] if all(number in rung.values for number in numbers)]
        if not lower or len(numbers) < 2:
            return False
        known = [*lower, top]
        curves = [[rung.values[number] for rung in known] for number in numbers]
        upper = {number: top.values[number] for number in numbers}
        return not alike(upper, lower[-1].values, noise(curves, self.share))
