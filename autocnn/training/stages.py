"""A network's parts from its first weights to its last: what freezes, what learns slower."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def stages(module: nn.Module) -> list[list[tuple[str, nn.Module]]]:
    """The parts with their names, a stage for each that has weights of two or more dimensions.

    A convolution or linear layer begins a stage; what follows it, such as its norm, belongs to it.
    The last stage is the head, those before it are the trunk.
    """
    found: list[list[tuple[str, nn.Module]]] = [[]]
    begun = False
    for name, part in module.named_modules():
        if any(p is not None and p.ndim >= 2 for p in part._parameters.values()):
            if begun:
                found.append([])
            begun = True
        found[-1].append((name, part))
    return found


def rates(module: nn.Module, early: float) -> dict[nn.Parameter, tuple[float, bool]]:
    """How many times the learning rate each parameter has, and whether it is of the head.

    From `early` in the first stage to 1 in the last it grows by the same factor from stage to
    stage, as in ULMFiT (https://arxiv.org/abs/1801.06146), which gives that factor, 2.6, instead.
    """
    found = stages(module)
    last = len(found) - 1
    return {
        parameter: (early ** (1 - place / max(1, last)), place == last)
        for place, stage in enumerate(found)
        for _, part in stage
        for parameter in part._parameters.values()
        if parameter is not None
    }


def head_names(module: nn.Module) -> set[str]:
    """The names of all that the state of the last stage holds."""
    return {
        f"{name}.{own}" if name else own
        for name, part in stages(module)[-1]
        for own in (*part._parameters, *part._buffers)
    }


class Trunk:
    """All but the last stage of a network, which may stay as it is for a while.

    The statistics of its norms always stay: those of a few small batches are worse.
    """

    def __init__(self, module: nn.Module):
        every = [part for stage in stages(module)[:-1] for _, part in stage]
        self._parts = [part for part in every if part is not module]
        own = (parameter for part in every for parameter in part._parameters.values())
        self._parameters = [p for p in own if p is not None and p.requires_grad]

    def freeze(self, frozen: bool) -> None:
        """Keep the weights and drop nothing, or let all but the statistics of norms learn."""
        for parameter in self._parameters:
            parameter.requires_grad_(not frozen)
        for part in self._parts:
            part.training = not frozen and not isinstance(part, _BatchNorm)
