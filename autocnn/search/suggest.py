"""Holes as parameters of Optuna."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from autocnn.space import Hole


def distribution(hole: Hole) -> BaseDistribution:
    """The Optuna distribution of a hole."""
    if hole.kind == "choice":
        return CategoricalDistribution(hole.choices)
    low, high = hole.low, hole.high
    if hole.kind == "int":
        return IntDistribution(int(low), int(high), log=hole.log, step=hole.step)
    return FloatDistribution(low, high, log=hole.log)


def suggest(trial: optuna.Trial, hole: Hole) -> Any:
    """Ask for the value of one hole."""
    if hole.kind == "choice":
        return trial.suggest_categorical(hole.name, hole.choices)
    if hole.kind == "int":
        low, high = int(hole.low), int(hole.high)
        return trial.suggest_int(hole.name, low, high, step=hole.step, log=hole.log)
    return trial.suggest_float(hole.name, hole.low, hole.high, log=hole.log)
