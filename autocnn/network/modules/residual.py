"""A body and a way around it."""

from __future__ import annotations

from torch import Tensor, nn

from autocnn.network.merge import Merge
from autocnn.network.modules.merging import merged


class ResidualConnection(nn.Module):
    """merge(body(x), shortcut(x)), then the activation; without shortcut the body alone."""

    def __init__(
        self,
        body: nn.Module,
        shortcut: nn.Module | None = None,
        merge: Merge = "add",
        drop_path: nn.Module | None = None,
        act: nn.Module | None = None,
    ):
        super().__init__()
        self.merge = merge
        self.body = body
        self.drop_path = drop_path
        self.shortcut = shortcut
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        if self.drop_path is not None:
            y = self.drop_path(y)
        if self.shortcut is not None:
            y = merged(self.merge, (y, self.shortcut(x)))
        return y if self.act is None else self.act(y)
