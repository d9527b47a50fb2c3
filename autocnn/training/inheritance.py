"""First weights of a network from those of a similar one."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from autocnn.network import build
from autocnn.network.modules.whitening import MARK
from autocnn.space.candidate import Architecture
from autocnn.training.checkpoint import read_weights


def inherited(architecture: Architecture, checkpoint: Path) -> tuple[dict[str, Tensor], float]:
    """The best weights of a checkpoint that have name and shape of one of the network's.

    With them the share of the network's parameters that they are, in [0, 1]. Filters that come
    from images must be among them, else there are none at all.
    """
    with torch.device("meta"):
        module = build(architecture)
    expected, found = module.state_dict(), read_weights(checkpoint)
    taken = {
        name: tensor
        for name, tensor in found.items()
        if name in expected and tensor.shape == expected[name].shape
    }
    marked = {f"{name}.weight" for name, part in module.named_modules() if hasattr(part, MARK)}
    if not marked <= taken.keys():
        return {}, 0.0
    sizes = {name: parameter.numel() for name, parameter in module.named_parameters()}
    share = sum(size for name, size in sizes.items() if name in taken) / max(
        1, sum(sizes.values())
    )
    return taken, share
