"""A model of the scores chooses among mutations of the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.strategies.strategy import STRATEGIES, Strategy, Wish

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@STRATEGIES.register("surrogate")
class Surrogate(Strategy):
    """Bayesian linear regression on choices and pairs of them, after `startup` random trials.

    It chooses, by the improvement expected, among `candidates`, most of them the `parents` best
    trials with changes in one to three holes. Where nothing near the best is better, every third
    trial begins anew.
    """

    paper: ClassVar[str] = "Baptista and Poloczek, arXiv 1806.08838"
    mutates: ClassVar[bool] = True

    startup: Annotated[Whole, Field(ge=2, le=10_000)] = 8
    parents: Annotated[Whole, Field(ge=1, le=1000)] = 5
    candidates: Annotated[Whole, Field(ge=2, le=10_000)] = 200

    def sampler(self, wish: Wish) -> BaseSampler:
        """Our SurrogateSampler."""
        from autocnn.search.samplers import SurrogateSampler

        return SurrogateSampler(
            wish.seed,
            feasible=wish.feasible,
            startup=self.startup,
            parents=self.parents,
            candidates=self.candidates,
        )


@STRATEGIES.register("default")
class Default(Surrogate):
    """What measures best so far: `surrogate` with its own defaults."""
