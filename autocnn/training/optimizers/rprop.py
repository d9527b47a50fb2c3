"""Resilient backpropagation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from autocnn.training.optimizers.optimizer import OPTIMIZERS, Optimizer, Rate

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("rprop")
class Rprop(Optimizer):
    """A step of its own for each weight, by the gradient's sign alone; classic decay.

    A step grows by `grow` while the sign stays and shrinks by `shrink` where it turns; `lr` is the
    first one, and the schedule does not reach it. Meant for batches as large as the data, or
    nearly so: in small ones signs turn by chance.
    """

    paper = "https://doi.org/10.1109/ICNN.1993.298623"
    scheduled = False

    lr: Rate = 1e-3
    shrink: Annotated[float, Field(gt=0, lt=1)] = 0.5
    grow: Annotated[float, Field(gt=1, le=10)] = 1.2
    least: Annotated[float, Field(gt=0, le=1)] = 1e-6
    most: Annotated[float, Field(gt=0, le=1000)] = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> Rprop:
        if not self.least <= self.lr <= self.most:
            given = f"(least={self.least}, lr={self.lr}, most={self.most})"
            raise ValueError(f"`least <= lr <= most` must hold, but got {given}")
        return self

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        optimizer = torch.optim.Rprop(
            groups,
            lr=self.lr,
            etas=(self.shrink, self.grow),
            step_sizes=(self.least, self.most),
            foreach=True,
        )
        optimizer.register_step_pre_hook(_decay)
        return optimizer


def _decay(optimizer: torch.optim.Optimizer, _args: Any, _options: Any) -> None:
    """Add the decay to the gradients, which torch's Rprop has no option for."""
    for group in optimizer.param_groups:
        if group["weight_decay"]:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.add_(parameter.detach(), alpha=group["weight_decay"])
