"""Paths side by side."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from autocnn.network.merge import Merge
from autocnn.network.modules.merging import merged


class BranchPaths(nn.Module):
    """merge(path(x) for each path); with `split` each path gets its share of the channels."""

    def __init__(self, paths: Iterable[nn.Module], split: bool, merge: Merge):
        super().__init__()
        self.paths = nn.ModuleList(paths)
        self.split = split
        self.merge = merge

    def forward(self, x: Tensor) -> Tensor:
        count = len(self.paths)
        shares = torch.split(x, x.shape[1] // count, dim=1) if self.split else (x,) * count
        return merged(self.merge, [path(y) for path, y in zip(self.paths, shares, strict=True)])
