"""Samplers of Optuna that keep notes outside of our store, made to do without them.

What they propose becomes a function of the trials and the seed alone. They rely on private methods
of Optuna 5, which the contract tests of strategies would find changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from optuna import Study
from optuna._transform import _SearchSpaceTransform
from optuna.distributions import BaseDistribution
from optuna.samplers import (
    BruteForceSampler,
    CmaEsSampler,
    GPSampler,
    NSGAIIISampler,
    NSGAIISampler,
    QMCSampler,
)
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

RUNNING = 8
"""Trials on their way that a Gaussian process takes into account, the last ones."""


class LightGPSampler(GPSampler):
    """Optuna's Gaussian process; its time goes with the cube of the trials on their way."""

    def _sample_relative_impl(
        self,
        study: Study,
        completed_trials: list[FrozenTrial],
        running_trials: list[FrozenTrial],
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        last = running_trials[-RUNNING:]
        return super()._sample_relative_impl(study, completed_trials, last, search_space)


class ReplayedCmaEsSampler(CmaEsSampler):
    """Optuna's CMA-ES; its state, a pickle there, is computed anew from the trials it has told."""

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values for the numbers that every trial has."""
        self._asked = study, search_space
        return super().sample_relative(study, trial, search_space)

    def _restore_optimizer(self, completed_trials: list[FrozenTrial]) -> Any:
        study, search_space = self._asked
        space = _SearchSpaceTransform(search_space, transform_0_1=True)
        optimizer = self._init_optimizer(space, study.direction)
        while True:
            told = self._get_solution_trials(completed_trials, optimizer.generation)
            if len(told) < optimizer.population_size:
                return optimizer
            sign = -1 if study.direction is StudyDirection.MAXIMIZE else 1
            optimizer.tell(
                [
                    (
                        space.transform({name: one.params[name] for name in search_space}),
                        sign * value,
                    )
                    for one in told[: optimizer.population_size]
                    if (value := one.value) is not None
                ]
            )


class NumberedQMCSampler(QMCSampler):
    """Optuna's quasi Monte Carlo: a trial gets the point of its number over all parameters."""

    def __init__(self, space: Mapping[str, BaseDistribution], **options: Any):
        super().__init__(scramble=True, **options)
        self._space = {name: found for name, found in space.items() if not found.single()}

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Every parameter; those that are not open in a trial are not asked for."""
        return dict(self._space)

    def _find_sample_id(self, study: Study, search_space: dict[str, BaseDistribution]) -> int:
        return len(study.get_trials(deepcopy=False)) - 1


class PatientBruteForceSampler(BruteForceSampler):
    """Optuna's exhaustive search, also outside of its own loop, which it stops at the end."""

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Stop Optuna's loop, if there is one, when everything was tried."""
        with suppress(RuntimeError):
            super().after_trial(study, trial, state, values)


class ForgetfulNSGAIISampler(NSGAIISampler):
    """Optuna's NSGA-II; parents are chosen among the trials as they are now."""

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The parents of a generation."""
        return self.select_parent(study, generation) if generation else []


class ForgetfulNSGAIIISampler(NSGAIIISampler):
    """Optuna's NSGA-III; parents are chosen among the trials as they are now."""

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The parents of a generation."""
        return self.select_parent(study, generation) if generation else []
