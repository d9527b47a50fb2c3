"""The layer `dropout`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from autocnn.network.registries import LAYERS
from autocnn.space.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("dropout")
class Dropout(Layer):
    """In training, zero a share `rate` in [0, 1) of the values and scale up the others.

    `element` drops single values, `channel` whole channels, `path` all values of an image
    (stochastic depth, https://arxiv.org/abs/1603.09382; for use at the end of a residual body).
    """

    paper = "https://jmlr.org/papers/v15/srivastava14a.html"

    rate: Annotated[float, Field(ge=0, lt=1)]
    kind: Literal["element", "channel", "path"] = "element"

    def is_identity(self) -> bool:
        return self.rate == 0

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        from autocnn.network.modules.drop_path import DropPath

        if self.kind == "path":
            return DropPath(self.rate)
        if self.kind == "channel" and len(shape) == 3:
            return nn.Dropout2d(self.rate)
        return nn.Dropout(self.rate)
