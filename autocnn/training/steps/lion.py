"""The steps of Lion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class LionStep(torch.optim.Optimizer):
    """Lion (arXiv 2302.06675): the sign of a mixture of momentum and gradient, times the rate.

    The mixture has `beta1` of the momentum, which then keeps `beta2` of itself. The decay is
    decoupled.
    """

    def __init__(self, groups: list[dict[str, Any]], lr: float, beta1: float, beta2: float):
        defaults = {"lr": lr, "beta1": beta1, "beta2": beta2, "weight_decay": 0.0}
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            if not parameters:
                continue
            gradients: list[Tensor] = [p.grad for p in parameters]
            momenta = [self._momentum(p) for p in parameters]
            lr, decay = group["lr"], group["weight_decay"]
            if decay:
                torch._foreach_mul_(parameters, 1 - lr * decay)
            updates = torch._foreach_lerp(momenta, gradients, 1 - group["beta1"])
            torch._foreach_sign_(updates)
            torch._foreach_add_(parameters, updates, alpha=-lr)
            torch._foreach_lerp_(momenta, gradients, 1 - group["beta2"])

    def _momentum(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        found: Tensor = state["momentum"]
        return found
