"""Climbing by changes of one hole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.strategies.strategy import STRATEGIES, Strategy, Wish

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@STRATEGIES.register("local_search")
class LocalSearch(Strategy):
    """Change one hole of the best; after `patience` changes in vain, begin anew at random."""

    paper: ClassVar[str] = "arXiv 2005.02960"
    mutates: ClassVar[bool] = True

    patience: Annotated[Whole, Field(ge=1, le=10_000)] = 30

    def sampler(self, wish: Wish) -> BaseSampler:
        """Our LocalSearchSampler."""
        from autocnn.search.samplers import LocalSearchSampler

        return LocalSearchSampler(wish.seed, patience=self.patience, feasible=wish.feasible)
