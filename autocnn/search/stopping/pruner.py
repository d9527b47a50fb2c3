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
        study = self._study(standing, number)
        trial = optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING,
            intermediate_values=_steps(standing, number, level),
        )
        rivals = len(study.get_trials(deepcopy=False))
        return Bar(float(not self.made().prune(study, trial)), 1.0, rivals)

    def _study(self, standing: Standing, number: int) -> optuna.Study:
        """The others that reached their end; kept while those that come have later numbers."""
        import optuna

        ended = sorted(_ended(standing) - {number})
        known: list[int]
        study: optuna.Study | None
        known, study = standing.memo.get(self.word, ([], None))
        if study is None or ended[: len(known)] != known:
            known, study = [], optuna.create_study(direction="maximize")
        study.add_trials([_completed(standing, other) for other in ended[len(known) :]])
        standing.memo[self.word] = ended, study
        return study


def _ended(standing: Standing) -> set[int]:
    """The trials that have a score at the end of their ladder."""
    ends = {ladder[-1] for ladder in standing.ladders.values()}
    return {
        number
        for rung in standing.rungs
        if rung.level in ends
        for number in rung.values
        if standing.ladders[number][-1] == rung.level
    }


def _steps(standing: Standing, number: int, level: int) -> dict[int, float]:
    curve = standing.curve(number, level)
    return {step: score for step, (_, score) in enumerate(curve, 1)}


def _completed(standing: Standing, number: int) -> FrozenTrial:
    """A trial that reached its end, with its score there."""
    from optuna.trial import create_trial

    steps = _steps(standing, number, standing.ladders[number][-1])
    return create_trial(value=steps[max(steps)], intermediate_values=steps)
