"""Let torch compile a network for a GPU, where that is worth its time."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

from autocnn.network import cost
from autocnn.space.candidate import Candidate
from autocnn.training.plan import Plan

T = TypeVar("T")

BACKEND = "inductor"

DETAIL_CHARACTERS = 300

WORTH = 1e15
"""MACs of all forward passes of a training from which on a network is compiled.

Compiling takes most of a minute, training on so much some minutes on a GPU. An estimate: it was
measured on none.
"""


def is_worth_compiling(candidate: Candidate, images: int, plan: Plan) -> bool:
    """Whether a training on so many images gains by it; on a CPU it does not (docs/design.md)."""
    return plan.device == "cuda" and images * cost(candidate.architecture).macs >= WORTH


def compile_network(module: nn.Module) -> None:
    """Let the module compile itself when it is first used; its names and weights stay."""
    module.compile(backend=BACKEND)


class FirstPass:
    """Lets a compiled module prove itself: one that fails the first time goes on uncompiled."""

    def __init__(self, module: nn.Module):
        self._module, self._over = module, module._compiled_call_impl is None

    def __call__(self, run: Callable[[], T]) -> T:
        """What `run` gives, which passes something through the module, and may do so twice."""
        if self._over:
            return run()
        self._over, buffers = True, [buffer.clone() for buffer in self._module.buffers()]
        try:
            return run()
        except RuntimeError as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            text = " ".join(str(error).split())[:DETAIL_CHARACTERS]
            warnings.warn(f"the network is trained without compiling it: {text}", stacklevel=2)
        self._module._compiled_call_impl = None
        self._module.zero_grad(set_to_none=True)
        for buffer, before in zip(self._module.buffers(), buffers, strict=True):
            buffer.copy_(before)
        return run()
