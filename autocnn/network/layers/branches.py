"""The layer `branches`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from autocnn.network.chain import chain_module, chain_shape
from autocnn.network.merge import Merge, merged_shape
from autocnn.network.registries import LAYERS, LayerList
from autocnn.registry import Listed
from autocnn.space.layer import Layer, Part, Shape, ShapeError

if TYPE_CHECKING:
    from torch import nn


@LAYERS.register("branches")
class Branches(Layer):
    """Several paths side by side, then merged; an empty path is the identity.

    `split: even` gives each path its share of the channels (ShuffleNet V2), `none` all of them.
    """

    paper = "https://arxiv.org/abs/1409.4842"
    layer_fields = {"paths": "lists"}

    paths: Annotated[tuple[LayerList, ...], Field(min_length=1), Listed]
    split: Literal["none", "even"] = "none"
    merge: Merge = "concat"

    @classmethod
    def part_shapes(
        cls, field: str, count: int, options: Mapping[str, Any], shape: Shape
    ) -> tuple[Shape, ...]:
        if options.get("split", "none") == "none" or not count:
            return (shape,) * count
        if shape[0] % count:
            raise ShapeError(
                "Y25", f"channels must split evenly over the paths: {shape[0]} % {count}"
            )
        return ((shape[0] // count, *shape[1:]),) * count

    def out_shape(self, shape: Shape) -> Shape:
        shapes = [chain_shape(part.layers, part.shape) for part in self.parts(shape)]
        return merged_shape(self.merge, shapes)

    def parts(self, shape: Shape) -> tuple[Part, ...]:
        shapes = self.part_shapes("paths", len(self.paths), {"split": self.split}, shape)
        return tuple(
            Part(f"paths.{place}", given, path)
            for place, (given, path) in enumerate(zip(shapes, self.paths, strict=True))
        )

    def build(self, shape: Shape) -> nn.Module:
        from autocnn.network.modules.branches import BranchPaths

        paths = [chain_module(part.layers, part.shape) for part in self.parts(shape)]
        return BranchPaths(paths, self.split == "even", self.merge)
