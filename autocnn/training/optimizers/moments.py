"""What the relatives of Adam have in common."""

from __future__ import annotations

from abc import ABC

from autocnn.training.optimizers.optimizer import Epsilon, Optimizer, Rate, Share


class MomentOptimizer(Optimizer, ABC):
    """Keeps running means of the gradient (`beta1`) and of its size (`beta2`)."""

    lr: Rate = 2e-3
    beta1: Share = 0.9
    beta2: Share = 0.999
    eps: Epsilon = 1e-8

    @property
    def betas(self) -> tuple[float, float]:
        """Both decay rates, as torch takes them."""
        return self.beta1, self.beta2
