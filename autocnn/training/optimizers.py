"""The known optimizers: their options, and how torch builds them over two groups of parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Any

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
"""Weight decay; reaches weights of two and more dimensions only."""

Epsilon = Annotated[float, Field(gt=0, le=1)]


class Optimizer(Options, ABC):
    """What updates the weights; `lr` is its learning rate where the schedule's factor is 1."""

    lr: Rate = 0.1
    weight_decay: Decay = 0.0

    @abstractmethod
    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """The torch optimizer over parameter groups."""

    def over(self, module: nn.Module) -> torch.optim.Optimizer:
        """The torch optimizer of a module, without weight decay for norms, biases and scales."""
        parameters = list(module.parameters())
        weights = [p for p in parameters if p.ndim >= 2]
        others = [p for p in parameters if p.ndim < 2]
        groups: list[dict[str, Any]] = [
            {"params": weights, "weight_decay": self.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        return self.build([group for group in groups if group["params"]])


OPTIMIZERS: Registry[Optimizer] = Registry("optimizer")


@OPTIMIZERS.register("sgd")
class SGD(Optimizer):
    """Stochastic gradient descent with momentum; `nesterov` looks one step ahead."""

    paper = "https://proceedings.mlr.press/v28/sutskever13.html"

    lr: Rate = 0.1
    momentum: Share = 0.9
    nesterov: bool = True
    weight_decay: Decay = 5e-4

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.SGD(
            groups,
            lr=self.lr,
            momentum=self.momentum,
            nesterov=self.nesterov and self.momentum > 0,
            fused=True,
        )


@OPTIMIZERS.register("adam")
class Adam(Optimizer):
    """Steps scaled by running means of the gradient and its square; decay adds to the gradient."""

    paper = "https://arxiv.org/abs/1412.6980"

    lr: Rate = 2e-3
    beta1: Share = 0.9
    beta2: Share = 0.999
    eps: Epsilon = 1e-8
    weight_decay: Decay = 0.0

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adam(
            groups, lr=self.lr, betas=(self.beta1, self.beta2), eps=self.eps, fused=True
        )


@OPTIMIZERS.register("adamw")
class AdamW(Optimizer):
    """Adam whose weight decay shrinks the weights directly, by lr x weight_decay a step."""

    paper = "https://arxiv.org/abs/1711.05101"

    lr: Rate = 2e-3
    beta1: Share = 0.9
    beta2: Share = 0.999
    eps: Epsilon = 1e-8
    weight_decay: Decay = 0.05

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.AdamW(
            groups, lr=self.lr, betas=(self.beta1, self.beta2), eps=self.eps, fused=True
        )


@OPTIMIZERS.register("rmsprop")
class RMSprop(Optimizer):
    """Steps divided by a running root mean square of the gradient."""

    paper = "https://www.cs.toronto.edu/~hinton/coursera/lecture6/lec6.pdf"

    lr: Rate = 2e-3
    alpha: Share = 0.99
    momentum: Share = 0.9
    eps: Epsilon = 1e-8
    weight_decay: Decay = 1e-4

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.RMSprop(
            groups,
            lr=self.lr,
            alpha=self.alpha,
            momentum=self.momentum,
            eps=self.eps,
            foreach=True,
        )
