"""Regularized evolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.strategies.strategy import STRATEGIES, Strategy, Wish

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@STRATEGIES.register("evolution")
class Evolution(Strategy):
    """Mutate the best of `tournament` among the last `population` trials: the oldest die.

    A share `crossover` of the children has two parents; a hole goes with the one it depends on.
    """

    paper: ClassVar[str] = "arXiv 1802.01548"
    mutates: ClassVar[bool] = True

    population: Annotated[Whole, Field(ge=2, le=1000)] = 20
    tournament: Annotated[Whole, Field(ge=1, le=1000)] = 5
    crossover: Annotated[float, Field(ge=0, le=1)] = 0.3

    def sampler(self, wish: Wish) -> BaseSampler:
        """Our EvolutionSampler."""
        from autocnn.search.samplers import EvolutionSampler

        return EvolutionSampler(
            wish.seed,
            feasible=wish.feasible,
            population=self.population,
            tournament=self.tournament,
            crossover=self.crossover,
        )
