"""What a strategy is: options that make an Optuna sampler."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

    from autocnn.space import Hole

STRATEGIES: Registry[Strategy] = Registry("strategy")


@dataclass(frozen=True)
class Wish:
    """What a sampler is wanted for.

    `seed` is that of one ask, `study_seed` the same for all of them. `holes` are all of a space as
    distributions, `conditional` says that some depend on others. `feasible(values)` tells what is
    worth a trial, for samplers that ask.
    """

    seed: int
    study_seed: int = 0
    holes: Mapping[str, BaseDistribution] = field(default_factory=dict)
    conditional: bool = False
    feasible: Callable[[Mapping[str, Any]], bool] | None = None


class Strategy(Options, ABC):
    """Proposes hole values from the history of the study.

    `penalty` says that its sampler learns from values alone: infeasible trials count as the worst.
    `several` says that it takes the values of several objectives; others get one score for them.
    `mutates` says that it makes candidates from trials, whose weights `search.inherit` hands on.
    `exhaustive` ones go through all fillings, or a grid of them, and leave none to a screen.
    """

    penalty: ClassVar[bool] = False
    several: ClassVar[bool] = False
    mutates: ClassVar[bool] = False
    exhaustive: ClassVar[bool] = False

    @abstractmethod
    def sampler(self, wish: Wish) -> BaseSampler:
        """A fresh sampler."""

    def refusal(self, holes: Sequence[Hole]) -> str:
        """Why a space with these holes cannot be searched by it, or nothing."""
        return ""

    def unguided(self, holes: Sequence[Hole]) -> list[Hole]:
        """The holes that it draws at random, whatever was tried."""
        return []
