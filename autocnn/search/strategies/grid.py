"""A grid over the holes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.strategies.strategy import STRATEGIES, Strategy, Wish

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@STRATEGIES.register("grid")
class Grid(Strategy):
    """Try the points of a grid in random order, and random fillings after them.

    Choices and whole numbers have all their values, real numbers `points` of them.
    """

    paper: ClassVar[str] = "Bergstra and Bengio, JMLR 13, 2012"
    exhaustive: ClassVar[bool] = True

    points: Annotated[Whole, Field(ge=1, le=1000)] = 5

    def sampler(self, wish: Wish) -> BaseSampler:
        """Our TreeGridSampler: Optuna's knows no holes that depend on others."""
        from autocnn.search.samplers import TreeGridSampler

        return TreeGridSampler(wish.seed, points=self.points, feasible=wish.feasible)
