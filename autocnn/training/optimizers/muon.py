"""Muon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from autocnn.registry import Whole
from autocnn.training.optimizers.optimizer import OPTIMIZERS, Decay, Optimizer, Rate, Share

if TYPE_CHECKING:
    import torch


@OPTIMIZERS.register("muon")
class Muon(Optimizer):
    """Orthogonal steps for convolutions, AdamW for the rest; decoupled decay.

    A convolution is seen as a matrix (out, in x height x width). The rest, which is linear
    layers, norms and biases, has `adamw_lr`.
    `iterations` of Newton and Schulz make a step nearly orthogonal; `scale` says by what its size
    follows the matrix: `original` by the root of rows over columns where that is above 1,
    `match_rms_adamw` so that rates of AdamW serve.
    """

    paper = "https://kellerjordan.github.io/posts/muon/"

    lr: Rate = 0.02
    momentum: Share = 0.95
    nesterov: bool = True
    iterations: Annotated[Whole, Field(ge=1, le=20)] = 5
    scale: Literal["original", "match_rms_adamw"] = "original"
    adamw_lr: Rate = 2e-3
    weight_decay: Decay = 0.01

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        import torch

        from autocnn.training.steps.conv_muon import ConvMuon
        from autocnn.training.steps.together import Together

        matrices = _only(groups, lambda parameter: parameter.ndim == 4)
        others = _only(groups, lambda parameter: parameter.ndim != 4)
        parts: list[torch.optim.Optimizer] = []
        if matrices:
            parts.append(
                ConvMuon(
                    matrices,
                    lr=self.lr,
                    momentum=self.momentum,
                    nesterov=self.nesterov,
                    ns_steps=self.iterations,
                    adjust_lr_fn=self.scale,
                )
            )
        if others:
            parts.append(torch.optim.AdamW(others, lr=self.adamw_lr, fused=True))
        return Together(parts)


def _only(groups: list[dict[str, Any]], wanted: Any) -> list[dict[str, Any]]:
    """The groups with those of their parameters that are wanted, without those left empty."""
    kept = [{**group, "params": [p for p in group["params"] if wanted(p)]} for group in groups]
    return [group for group in kept if group["params"]]
