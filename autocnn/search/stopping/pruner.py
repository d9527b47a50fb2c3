"""Optuna's pruners by name."""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import model_validator

from autocnn.registry import NamedOptions
from autocnn.search.stopping.regular import Bar, RegularRule
from autocnn.search.stopping.rule import STOPPING, Standing

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial


@STOPPING.register("pruner")
class Pruner(RegularRule):
    """A pruner of Optuna by its `name`, with its own `options`, `{p_threshold: 0.2}`. Unmeasured.

    Steps are rungs, counted from 1, and values scores, so that higher is better: those of a loss
    have a minus. Of successive halving and Hyperband there are our own, `asha` and `hyperband`.
    """

    paper: ClassVar[str] = "https://optuna.readthedocs.io/en/stable/reference/pruners.html"
    curves: ClassVar[bool] = True

    name: Literal["median", "patient", "percentile", "threshold", "wilcoxon"] = "median"
    options: NamedOptions = ()

    @model_validator(mode="after")
    def _is_known(self) -> Pruner:
        try:
            self.made()
        except TypeError as error:
            raise ValueError(str(error).replace("__init__()", "options")) from error
        return self

    def made(self) -> optuna.pruners.BasePruner:
        """The pruner; raises TypeError or ValueError where options are missing or wrong."""
        from optuna import pruners

        given: dict[str, Any] = dict(self.options)
        if self.name == "patient":
            given["wrapped_pruner"] = None
        kind = getattr(pruners, f"{self.name.title()}Pruner")
        for word, parameter in inspect.signature(kind).parameters.items():
            if parameter.annotation in (int, "int") and isinstance(given.get(word), float):
                raise ValueError(f"`{word}` must be a whole number, but got {given[word]}")
        with warnings.catch_warnings(action="ignore"):  # that some of them are experimental
            made: optuna.pruners.BasePruner = kind(**given)
        return made

    def bar(self, standing: Standing, number: int, level: int) -> Bar:
        """One of 1, which a trial that the pruner ends is below; the pruner tells no score."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(direction="maximize", pruner=self.made())
        rivals = [other for other in sorted(standing.ladders) if other != number]
        ended = [frozen for other in rivals if (frozen := _completed(standing, other))]
        study.add_trials(ended)
        trial = optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING,
            intermediate_values=_steps(standing, number, level),
        )
        return Bar(float(not study.pruner.prune(study, trial)), 1.0, len(ended))


def _steps(standing: Standing, number: int, level: int) -> dict[int, float]:
    curve = standing.curve(number, level)
    return {step: score for step, (_, score) in enumerate(curve, 1)}


def _completed(standing: Standing, number: int) -> FrozenTrial | None:
    """A trial that reached its end; None for any other."""
    from optuna.trial import create_trial

    curve = standing.curve(number, standing.ladders[number][-1])
    if not curve or curve[-1][0] != standing.ladders[number][-1]:
        return None
    steps = {step: score for step, (_, score) in enumerate(curve, 1)}
    return create_trial(value=curve[-1][1], intermediate_values=steps)
