"""The score `grad_norm`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.training.scores.initial_score import SCORES, InitialScore, Loss

if TYPE_CHECKING:
    from torch import Tensor, nn


@SCORES.register("grad_norm")
class GradNorm(InitialScore):
    """The sum over parameters of the Euclidean norms of their gradients."""

    paper = "https://arxiv.org/abs/2101.08134"

    def value(self, module: nn.Module, images: Tensor, loss: Loss) -> float:
        loss(module.train()(images)).backward()  # type: ignore[no-untyped-call]
        gradients = [tensor.grad for tensor in module.parameters() if tensor.grad is not None]
        return float(sum(gradient.norm() for gradient in gradients))
