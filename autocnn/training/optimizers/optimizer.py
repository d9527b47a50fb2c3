"""What all optimizers have in common, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    import torch
    from torch import nn

Rate = Annotated[float, Field(gt=0, le=1000)]
"""A learning rate at the schedule's factor 1."""

Share = Annotated[float, Field(ge=0, lt=1)]
"""A share in [0, 1): momentum or a decay rate of running means."""

Decay = Annotated[float, Field(ge=0, le=10)]
"""Weight decay; reaches weights of two and more dimensions only, unless `decay_all`."""

Epsilon = Annotated[float, Field(gt=0, le=1)]

PEAK = "initial_lr"
"""The key of a parameter group, torch's own, that holds its learning rate at the factor 1."""


TIMES = "times"
"""The key of a parameter group that says how many times the learning rate it has."""


class Optimizer(Options, ABC):
    """What updates the weights; `lr` is its learning rate where the schedule's factor is 1.

    `weight_decay` reaches what has two dimensions or more; with `decay_all` norms, biases and
    scales too. It is classic where it is added to the gradient, times the weights, and decoupled
    where it shrinks the weights directly, by the learning rate times the decay: the first
    sentences say which. The offsets of norms have `norm_bias` times the learning rate
    (https://arxiv.org/abs/2404.00498).
    """

    scheduled: ClassVar[bool] = True
    """Whether the schedule sets the learning rate of the steps."""

    twice: ClassVar[bool] = False
    """Whether a step takes a second gradient, at weights that it moved itself."""

    lr: Rate = 0.1
    weight_decay: Decay = 0.0
    decay_all: bool = False
    norm_bias: Annotated[float, Field(gt=0, le=1000)] = 1.0

    @abstractmethod
    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """The torch optimizer over parameter groups."""

    def over(
        self, module: nn.Module, early_rate: float = 1.0, *, apart: bool = False
    ) -> torch.optim.Optimizer:
        """The torch optimizer of a module; its groups say what decays and the peak of their lr.

        The first layer gets `early_rate` times the learning rate, those after it more and more.
        With `apart` the last layer has groups of its own, as it must where the others get no
        gradients at first: not every optimizer can begin with a part of a group.
        Raises SpaceError where a library that it needs is not installed.
        """
        parameters = [p for p in module.parameters() if p.requires_grad]
        weights = [p for p in parameters if p.ndim >= 2]
        offsets = _norm_offsets(module) if self.norm_bias != 1 else set()
        others = [p for p in parameters if p.ndim < 2 and p not in offsets]
        decay = self.weight_decay if self.decay_all else 0.0
        groups: list[dict[str, Any]] = [
            {"params": weights, "weight_decay": self.weight_decay},
            {"params": others, "weight_decay": decay},
            {
                "params": [p for p in parameters if p in offsets],
                "weight_decay": decay,
                TIMES: self.norm_bias,
            },
        ]
        if early_rate != 1 or apart:
            groups = _by_rate(groups, module, early_rate)
        optimizer = self.build([group for group in groups if group["params"]])
        for group in optimizer.param_groups:
            group[PEAK] = group["lr"] * group.get(TIMES, 1.0)
        return optimizer

    def set_factor(self, optimizer: torch.optim.Optimizer, factor: float) -> float:
        """Give every group its learning rate at a factor of the schedule, if that reaches it.

        Returns the learning rate that a group has unless it differs from the others.
        """
        if not self.scheduled:
            return self.lr
        for group in optimizer.param_groups:
            group["lr"] = group[PEAK] * factor
        return self.lr * factor


def _norm_offsets(module: nn.Module) -> set[nn.Parameter]:
    """The biases of all parts that have a gain per channel, which convolutions have not."""
    parts = (part._parameters for part in module.modules())
    pairs = ((part.get("weight"), part.get("bias")) for part in parts)
    return {b for w, b in pairs if b is not None and w is not None and w.ndim == 1}


def _by_rate(
    groups: list[dict[str, Any]], module: nn.Module, early: float
) -> list[dict[str, Any]]:
    """The groups split into those of equal learning rate, the last layer apart."""
    from autocnn.training.stages import rates

    kinds = rates(module, early)
    return [
        {
            **group,
            "params": [p for p in group["params"] if kinds[p] == kind],
            TIMES: kind[0] * group.get(TIMES, 1.0),
        }
        for group in groups
        for kind in dict.fromkeys(kinds[p] for p in group["params"])
    ]


OPTIMIZERS: Registry[Optimizer] = Registry("optimizer")
