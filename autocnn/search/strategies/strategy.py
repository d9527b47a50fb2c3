"""What a strategy is: options that make an Optuna sampler."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

STRATEGIES: Registry[Strategy] = Registry("strategy")


class Strategy(Options, ABC):
    """Proposes hole values from the history of the study."""

    @abstractmethod
    def sampler(self, seed: int, conditional: bool) -> BaseSampler:
        """A fresh sampler for one ask; `conditional` says that some holes depend on others."""
