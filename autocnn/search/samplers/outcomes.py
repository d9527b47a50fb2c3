"""What trials came to, or are foretold to come to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, TrialState


def finite_points(trial: FrozenTrial) -> dict[int, float]:
    """The values of a trial at its steps, as far as they are numbers."""
    return {
        step: value for step, value in trial.intermediate_values.items() if math.isfinite(value)
    }


class Outcomes:
    """The values of trials, and of those without one what their last point lets expect.

    Columns have a place for every trial number, NaN where there is nothing.
    """

    def __init__(self) -> None:
        self._values = np.zeros(0)
        self._measured = np.zeros(0, dtype=bool)
        self._lasts = np.zeros(0, dtype=np.int64)
        """The last step of a trial that has points and no value, else -1."""
        self._points: dict[int, NDArray[np.float64]] = {}

    def add(self, trial: FrozenTrial) -> None:
        """Take in a trial as it is now: one with a value, or at least one point."""
        number, points = trial.number, finite_points(trial)
        self.remove(number)
        for step, value in points.items():
            self._points[step] = column = _longer(self._points.get(step, np.zeros(0)), number)
            column[number] = value
        if trial.state is TrialState.COMPLETE and trial.values:
            self._values[number], self._measured[number] = trial.values[0], True
        else:
            self._lasts[number] = max(points)

    def remove(self, number: int) -> None:
        """Forget what a trial came to."""
        self._values = _longer(self._values, number)
        self._measured = _longer(self._measured, number, False)
        self._lasts = _longer(self._lasts, number, -1)
        self._measured[number], self._lasts[number] = False, -1

    def scores(self, sign: int) -> tuple[list[int], NDArray[np.float64]]:
        """The numbers of the trials in order, and `sign` times their values.

        Values that are not finite count as the worst one.
        """
        values = sign * self._values
        finite = self._measured & np.isfinite(values)
        worst = values[finite].min() if finite.any() else 0.0
        found = np.where(finite, values, worst)
        for step in np.unique(self._lasts[self._lasts >= 0]).tolist():
            points = sign * _longer(self._points[step], len(found) - 1)[: len(found)]
            both, ended = finite & np.isfinite(points), self._lasts == step
            found[ended] = _on_the_line(points[both], values[both], points[ended])
        numbers = np.flatnonzero(self._measured | (self._lasts >= 0))
        return numbers.tolist(), found[numbers]


def _longer(column: NDArray[Any], number: int, nothing: float = math.nan) -> NDArray[Any]:
    """A column with a place for a trial of this number; twice as long where it had none."""
    if number < len(column):
        return column
    more = np.full(max(64, number + 1, 2 * len(column)) - len(column), nothing, column.dtype)
    return np.concatenate([column, more])


def _on_the_line(
    before: NDArray[np.float64], after: NDArray[np.float64], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What becomes of scores at a step: a rising line through pairs of score and outcome."""
    if not len(before):
        return scores
    spread = float(before.var())
    slope = float(((before - before.mean()) * after).mean()) / spread if spread > 0 else 1.0
    slope = min(max(slope, 0.0), 2.0) if len(before) >= 3 else 1.0
    found: NDArray[np.float64] = after.mean() + slope * (scores - before.mean())
    return found
