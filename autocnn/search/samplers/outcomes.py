"""What trials came to, or are foretold to come to."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, TrialState


def finite_points(trial: FrozenTrial) -> dict[int, float]:
    """The values of a trial at its steps, as far as they are numbers."""
    return {
        step: value for step, value in trial.intermediate_values.items() if math.isfinite(value)
    }


class Outcomes:
    """The values of trials, and of those without one what their last point lets expect."""

    def __init__(self) -> None:
        self._values: dict[int, float] = {}
        self._lasts: dict[int, int] = {}
        self._points: dict[int, dict[int, float]] = {}

    def add(self, trial: FrozenTrial) -> None:
        """Take in a trial as it is now: one with a value, or at least one point."""
        number, points = trial.number, finite_points(trial)
        self.remove(number)
        for step, value in points.items():
            self._points.setdefault(step, {})[number] = value
        if trial.state is TrialState.COMPLETE and trial.values:
            self._values[number] = trial.values[0]
        else:
            self._lasts[number] = max(points)

    def remove(self, number: int) -> None:
        """Forget what a trial came to."""
        self._values.pop(number, None)
        self._lasts.pop(number, None)

    def scores(self, sign: int) -> tuple[list[int], NDArray[np.float64]]:
        """The numbers of the trials in order, and `sign` times their values.

        Values that are not finite count as the worst one.
        """
        finite = {n: sign * value for n, value in self._values.items() if math.isfinite(value)}
        worst = min(finite.values(), default=0.0)
        found = {number: finite.get(number, worst) for number in self._values}
        for step in set(self._lasts.values()):
            points = self._points[step]
            pairs = [(sign * points[n], finite[n]) for n in sorted(points.keys() & finite.keys())]
            foretell = _line(pairs)
            for number, last in self._lasts.items():
                if last == step:
                    found[number] = foretell(sign * points[number])
        numbers = sorted(found)
        return numbers, np.array([found[number] for number in numbers], dtype=np.float64)


def _line(pairs: list[tuple[float, float]]) -> Callable[[float], float]:
    """What became of scores at a step: a rising line through the pairs of score and outcome."""
    if not pairs:
        return lambda score: score
    before, after = np.array(pairs, dtype=np.float64).T
    spread = float(before.var())
    slope = float(((before - before.mean()) * after).mean()) / spread if spread > 0 else 1.0
    slope = min(max(slope, 0.0), 2.0) if len(pairs) >= 3 else 1.0
    return lambda score: float(after.mean() + slope * (score - before.mean()))
