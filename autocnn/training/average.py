"""The average of a network's weights over its steps."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class Average:
    """An exponential moving average of weights and norm statistics, useful from the first steps.

    The decay is min(decay, (1 + step) / (10 + step)), so that the average covers about the last
    tenth of the steps until it has its full length.
    """

    def __init__(self, module: nn.Module, decay: float):
        self.decay = decay
        self.module = copy.deepcopy(module)
        for parameter in self.module.parameters():
            parameter.requires_grad_(False)
        ours, theirs = _tensors(self.module), _tensors(module)
        floating = [i for i, tensor in enumerate(ours) if tensor.is_floating_point()]
        whole = [i for i, tensor in enumerate(ours) if not tensor.is_floating_point()]
        self._averaged = [ours[i] for i in floating], [theirs[i] for i in floating]
        self._copied = [ours[i] for i in whole], [theirs[i] for i in whole]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the network's weights after a step, counted from 1."""
        decay = min(self.decay, (1 + step) / (10 + step))
        ours, theirs = self._averaged
        torch._foreach_lerp_(ours, theirs, 1 - decay)
        if self._copied[0]:
            torch._foreach_copy_(*self._copied)


def _tensors(module: nn.Module) -> list[Tensor]:
    """Parameters and persistent buffers, the same tensors that training changes in place."""
    return list(module.state_dict(keep_vars=True).values())
