"""Tree-structured Parzen estimator."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from autocnn.registry import Whole
from autocnn.search.strategies.strategy import STRATEGIES, Strategy, Wish

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@STRATEGIES.register("tpe")
class Tpe(Strategy):
    """Model good and bad trials by kernel densities, after `startup` random ones."""

    paper: ClassVar[str] = "arXiv 2304.11127"
    several: ClassVar[bool] = True

    startup: Annotated[Whole, Field(ge=1, le=10_000)] = 10

    def sampler(self, wish: Wish) -> BaseSampler:
        """Optuna's multivariate TPESampler, by groups of holes where the space is conditional."""
        import optuna

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return optuna.samplers.TPESampler(
                n_startup_trials=self.startup,
                multivariate=True,
                group=wish.conditional,
                seed=wish.seed,
            )
