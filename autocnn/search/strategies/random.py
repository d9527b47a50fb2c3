"""Independent uniform draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from autocnn.search.strategies.strategy import STRATEGIES, Strategy, Wish

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@STRATEGIES.register("random")
class Random(Strategy):
    """Draw every hole uniformly (on its log scale where it has one): the baseline to beat."""

    paper: ClassVar[str] = "Bergstra and Bengio, JMLR 13, 2012"
    several: ClassVar[bool] = True

    def sampler(self, wish: Wish) -> BaseSampler:
        """Optuna's RandomSampler."""
        from optuna.samplers import RandomSampler

        return RandomSampler(seed=wish.seed)
