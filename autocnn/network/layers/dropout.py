"""The layer `dropout`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from autocnn.network.geometry import need_map
from autocnn.network.registries import LAYERS
from autocnn.network.sizes import Sizes
from autocnn.space.layer import Layer, Shape

if TYPE_CHECKING:
    from torch import nn


PATCH = 7
"""The side of what `block` drops, where the option does not say."""


@LAYERS.register("dropout")
class Dropout(Layer):
    """In training, zero a share `rate` in [0, 1) of the values and scale up the others.

    `element` drops single values, `channel` whole channels, `block` patches of `size` x `size`
    (7) of a channel (https://arxiv.org/abs/1810.12890), `path` all values of an image (stochastic
    depth, https://arxiv.org/abs/1603.09382; for use at the end of a residual body).
    """

    paper = "https://jmlr.org/papers/v15/srivastava14a.html"

    rate: Annotated[float, Field(ge=0, lt=1)]
    kind: Literal["element", "channel", "block", "path"] = "element"
    size: Annotated[int, Sizes(1, lists=())] | None = None

    def resolve(self, shape: Shape, defaults: Mapping[str, Any]) -> Dropout:
        size = (self.size or PATCH) if self.kind == "block" else None
        return self.model_copy(update={"size": size})

    def out_shape(self, shape: Shape) -> Shape:
        if self.kind == "block":
            need_map("dropout of blocks", shape)
        return shape

    def is_identity(self) -> bool:
        return self.rate == 0

    def build(self, shape: Shape) -> nn.Module:
        from torch import nn

        from autocnn.network.modules.drop_block import DropBlock
        from autocnn.network.modules.drop_path import DropPath

        if self.kind == "block":
            return DropBlock(self.rate, self.size or PATCH)
        if self.kind == "path":
            return DropPath(self.rate)
        if self.kind == "channel" and len(shape) == 3:
            return nn.Dropout2d(self.rate)
        return nn.Dropout(self.rate)
