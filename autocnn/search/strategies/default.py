"""What measures best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.strategies.strategy import STRATEGIES, Strategy

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@STRATEGIES.register("default")
class Default(Strategy):
    """What measures best: a Gaussian process chooses among mutations of the best.

    As `surrogate`, with effects of all orders of holes, and what is learned of an alternative in
    one hole passed on to holes with the same alternatives.
    """

    paper: ClassVar[str] = "Jones et al., J. Global Optimization 13, 1998; arXiv 1910.11858"

    startup: Annotated[Whole, Field(ge=2, le=10_000)] = 8

    def sampler(self, seed: int, conditional: bool) -> BaseSampler:
        """Our SurrogateSampler with its `process` model."""
        from autocnn.search.samplers import SurrogateSampler

        return SurrogateSampler(seed, model="process", startup=self.startup)
