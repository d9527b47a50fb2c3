"""Adafactor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from autocnn.training.optimizers.optimizer import OPTIMIZERS, Epsilon, Optimizer, Rate

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("adafactor")
class Adafactor(Optimizer):
    """Adam whose mean square is kept as a row and a column of each weight; decoupled decay.

    The step is relative to the weights: lr times their root mean square, at least `eps`, and lr
    is at most 1 / sqrt(steps). `clip` is the largest root mean square of an update before that.
    """

    paper = "https://arxiv.org/abs/1804.04235"

    lr: Rate = 0.05
    beta2_decay: Annotated[float, Field(ge=-1, lt=0)] = -0.8
    eps: Epsilon = 1e-3
    clip: Annotated[float, Field(ge=1, le=100)] = 1.0

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adafactor(
            groups,
            lr=self.lr,
            beta2_decay=self.beta2_decay,
            eps=(None, self.eps),
            d=self.clip,
            foreach=True,
        )
