"""Muon over convolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


class ConvMuon(torch.optim.Muon):
    """Torch's Muon for weights `(out, in, height, width)`, which it sees as matrices.

    A matrix `(out, in x height x width)` shares the memory of its weight, in whichever order that
    lies there; each step gets the gradients in the same order.
    """

    def __init__(self, groups: list[dict[str, Any]], **options: Any):
        self._weights: list[Tensor] = [p for group in groups for p in group["params"]]
        seen = {p: nn.Parameter(_matrix(p.detach(), _is_last(p))) for p in self._weights}
        super().__init__(
            [{**group, "params": [seen[p] for p in group["params"]]} for group in groups],
            **options,
        )
        self._matrices = list(seen.values())

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update every weight that has a gradient."""
        for weight, matrix in zip(self._weights, self._matrices, strict=True):
            gradient = weight.grad
            matrix.grad = None if gradient is None else _matrix(gradient, _is_last(weight))
        super().step()  # type: ignore[no-untyped-call]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the weights."""
        for weight, matrix in zip(self._weights, self._matrices, strict=True):
            matrix.grad = None
            if set_to_none or weight.grad is None:
                weight.grad = None
            else:
                weight.grad.zero_()


def _is_last(weight: Tensor) -> bool:
    return not weight.is_contiguous()


def _matrix(values: Tensor, channels_last: bool) -> Tensor:
    """`(O, I, H, W)` as `(O, H x W x I)` in channels-last order, else as `(O, I x H x W)`."""
    return (values.permute(0, 2, 3, 1) if channels_last else values).flatten(1)
