"""The average of a network's weights over its steps."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from autocnn.training.averages import Averaging


class Average:
    """An average of weights and norm statistics, in a `module` of its own.

    It has taken in the network `count` times; before the first one it is no use.
    """

    def __init__(self, module: nn.Module, how: Averaging):
        self.count = 0
        self.module = copy.deepcopy(module)
        self._how = how
        for parameter in self.module.parameters():
            parameter.requires_grad_(False)
        ours, theirs = _tensors(self.module), _tensors(module)
        floating = [i for i, tensor in enumerate(ours) if tensor.is_floating_point()]
        whole = [i for i, tensor in enumerate(ours) if not tensor.is_floating_point()]
        self._averaged = [ours[i] for i in floating], [theirs[i] for i in floating]
        self._copied = [ours[i] for i in whole], [theirs[i] for i in whole]

    @torch.no_grad()
    def update(self, step: int, share: float) -> None:
        """Take in the network's weights after a step, counted from 1, if it is time to."""
        weight = self._how.weight(step, share, self.count)
        if not weight:
            return
        self.count += 1
        ours, theirs = self._averaged
        torch._foreach_lerp_(ours, theirs, weight)
        if self._copied[0]:
            torch._foreach_copy_(*self._copied)
        if self._how.returns:
            torch._foreach_copy_(theirs, ours)


def _tensors(module: nn.Module) -> list[Tensor]:
    """Parameters and persistent buffers, the same tensors that training changes in place."""
    return list(module.state_dict(keep_vars=True).values())
