"""Learning curves carried on by a power law."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.stopping.regular import Bar, RegularRule
from autocnn.search.stopping.rule import STOPPING, Rung, Standing

EXPONENTS = np.geomspace(0.05, 3.0, 40)
"""Those that are tried, from curves that hardly bend to such as are flat at once."""


@cache
def _powers(levels: tuple[int, ...]) -> NDArray[np.float64]:
    """The falling part of the law `(exponents, levels)`, 1 at the first level."""
    ratios = np.asarray(levels, dtype=float) / levels[0]
    powers: NDArray[np.float64] = ratios[None, :] ** -EXPONENTS[:, None]
    return powers


def extrapolated(levels: Sequence[int], scores: Sequence[float], at: int) -> float:
    """The score at a level by `a - b * level ** -c`, with b >= 0, fitted by least squares.

    `a` and `b` are solved for exactly at each of a row of exponents, so there is nothing to
    converge. Needs two levels or more.
    """
    law, y = _powers((*levels, at)), np.asarray(scores, dtype=float)
    x, target = law[:, :-1], law[:, -1]
    centred = x - x.mean(axis=1, keepdims=True)
    slope = np.minimum(0.0, centred @ (y - y.mean()) / (centred**2).sum(axis=1))
    fitted = y.mean() + slope[:, None] * centred
    best = int(((y - fitted) ** 2).sum(axis=1).argmin())
    return float(y.mean() + slope[best] * (target[best] - x[best].mean()))


@STOPPING.register("extrapolation")
class Extrapolation(RegularRule):
    """End a trial whose learning curve leads, very likely, below the best one known.

    A power law is fitted to its scores from rung `points` on, and carried on to the highest rung
    that `rivals` others have reached. How far the same was wrong for them, from as many points,
    corrects it and gives its spread: the trial ends where the expected score is more than
    `deviations` standard deviations below the best one there. Power laws know nothing of learning
    rates that fall at the end; the correction does.
    """

    paper: ClassVar[str] = "https://www.ijcai.org/Proceedings/15/Papers/487.pdf"
    curves: ClassVar[bool] = True

    points: Annotated[Whole, Field(ge=2, le=1000)] = 3
    rivals: Annotated[Whole, Field(ge=3, le=10_000)] = 3
    deviations: Annotated[float, Field(ge=0, le=10)] = 2.0

    def bar(self, standing: Standing, number: int, level: int) -> Bar | None:
        """The best score at the level that is foreseen; the trial's is the most it may reach."""
        curve = standing.curve(number, level)
        target = self._target(standing, number, level)
        if len(curve) < self.points or target is None:
            return None
        levels = tuple(reached for reached, _ in curve)
        known = standing.memo.setdefault((self.word, target.level, levels), {})
        for rival in target.values.keys() - known.keys():
            known[rival] = _error(standing.curve(rival, level), levels, target, rival)
        errors = [known[rival] for rival in target.values if known[rival] is not None]
        if len(errors) < self.rivals:
            return None
        correction = float(np.mean(errors) + self.deviations * np.std(errors, ddof=1))
        highest = _carried_on(curve, target.level) + correction
        return Bar(highest, max(target.values.values()), len(errors))

    def _target(self, standing: Standing, number: int, level: int) -> Rung | None:
        """The others at the highest rung above a level that enough of them have reached."""
        for rung in reversed(standing.rungs):
            others = rung.among({other for other in rung.ranked() if other != number})
            if rung.level > level and len(others.values) >= self.rivals:
                return others
        return None


def _error(
    curve: list[tuple[int, float]], levels: tuple[int, ...], target: Rung, rival: int
) -> float | None:
    """How far a rival came above what its curve foretold; None if that has other levels."""
    if tuple(level for level, _ in curve) != levels:
        return None
    return target.values[rival] - _carried_on(curve, target.level)


def _carried_on(curve: list[tuple[int, float]], at: int) -> float:
    return extrapolated([level for level, _ in curve], [score for _, score in curve], at)
