"""The score `synflow`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autocnn.training.scores.initial_score import SCORES, InitialScore, Loss

if TYPE_CHECKING:
    from torch import Tensor, nn

LEAST = 1e-300
"""What a network through which nothing flows is given, before the logarithm."""


@SCORES.register("synflow")
class SynFlow(InitialScore):
    """How much flows through all weights together, whatever the images: synaptic flow.

    The logarithm of the sum over weights of weight times gradient of the summed outputs, for an
    image of ones, with the absolute values of weights and without norms. In float64, since the
    products of deep networks leave the range of float32.
    """

    paper = "https://arxiv.org/abs/2006.05467"

    def value(self, module: nn.Module, images: Tensor, loss: Loss) -> float:
        import torch

        from autocnn.network.registries import NORMS

        kinds = [kind() for kind in NORMS.values() if not kind.absent]
        norms = tuple(type(kind.build(shape)) for kind in kinds for shape in ((8, 2, 2), (8,)))
        module.eval().double()
        for part in module.modules():
            if isinstance(part, norms):
                part.register_forward_hook(lambda _, given, out: given[0])
        weights = list(module.parameters())
        with torch.no_grad():
            for tensor in weights:
                tensor.abs_()
        module(torch.ones(1, *images.shape[1:], dtype=torch.float64)).sum().backward()
        flow = sum(float((w.detach() * w.grad).sum()) for w in weights if w.grad is not None)
        return math.log(max(flow, LEAST))
