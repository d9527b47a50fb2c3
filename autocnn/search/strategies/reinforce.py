"""A policy over holes, learned by policy gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from autocnn.search.strategies.strategy import STRATEGIES, Strategy, Wish

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@STRATEGIES.register("reinforce")
class Reinforce(Strategy):
    """Draw each hole from a policy that goes up with the scores by steps of `rate`."""

    paper: ClassVar[str] = "Williams, Machine Learning 8, 1992; arXiv 1611.01578"

    rate: Annotated[float, Field(gt=0, le=10)] = 0.3

    def sampler(self, wish: Wish) -> BaseSampler:
        """Our ReinforceSampler."""
        from autocnn.search.samplers import ReinforceSampler

        return ReinforceSampler(wish.seed, rate=self.rate, feasible=wish.feasible)
